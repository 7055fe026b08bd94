/* The schema of the database of domains and accounts, by version. */
#ifndef DIRECTORY_SQLITE_SCHEMA_H
#define DIRECTORY_SQLITE_SCHEMA_H

enum { DATABASE_VERSION = 10 };

/* The version from which on the local parts of addresses are compared beyond ASCII: names can become equal. */
enum { DATABASE_KEYS_VERSION = 6 };

/*
 * The SQL that brings the schema from each version to the next one, from none
 * on. The functions of names.h must be there.
 */
extern const char *const schema_migrations[DATABASE_VERSION];

#endif
