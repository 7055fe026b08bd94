/* The schema of the database of domains and accounts, by version. */
#ifndef DIRECTORY_SQLITE_SCHEMA_H
#define DIRECTORY_SQLITE_SCHEMA_H

enum { DATABASE_VERSION = 5 };

/* The SQL that brings the schema from each version to the next one, from none on. */
extern const char *const schema_migrations[DATABASE_VERSION];

#endif
