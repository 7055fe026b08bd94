/* The version of a database of accounts, which is neither made nor migrated. */
#ifndef DIRECTORY_SCHEMA_VERSION_H
#define DIRECTORY_SCHEMA_VERSION_H

/* The version of the database of a data folder, and *newest, that of this program. 0: there is none, or it cannot be read. */
int schema_version(const char *data, int *newest);

#endif
