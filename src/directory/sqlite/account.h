/* Looks up one account in the database, or a domain. */
#ifndef DIRECTORY_SQLITE_ACCOUNT_H
#define DIRECTORY_SQLITE_ACCOUNT_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/* As lookup_ops has them. */
enum directory_verdict sqlite_account_find(
    struct reader *reader, const char *domain, const char *key, bool secrets, struct account *account);
enum directory_verdict sqlite_domain_find(struct reader *reader, const char *name, struct domain *domain);

/* Copies a column of the current row of a query; "" if it is NULL. */
void sqlite_copy(char *copy, size_t size, sqlite3_stmt *row, int column);

#endif
