/* Looks up one account in the database. */
#ifndef DIRECTORY_SQLITE_ACCOUNT_H
#define DIRECTORY_SQLITE_ACCOUNT_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/*
 * FOUND, whatever its flags are; NO_MAILBOX, with account->domain filled; NO_DOMAIN; FAILED. The stored forms of the
 * password are empty unless secrets are requested.
 */
enum directory_verdict sqlite_account_find(
    struct reader *reader, const char *domain, const char *local, bool secrets, struct account *account);

/*
 * The domain of a local part that stands alone: FOUND, NO_MAILBOX, AMBIGUOUS, FAILED. The postmaster without a domain is
 * that of the domain that was hosted first; "" if none is.
 */
enum directory_verdict sqlite_account_domain(
    struct reader *reader, const char *local, char domain[ADDRESS_DOMAIN_MAX + 1]);

/* The name of the domain of this account, or of the next one by number: FOUND, NO_DOMAIN, FAILED. */
enum directory_verdict sqlite_domain_of_account(
    struct reader *reader, int64_t account, char domain[ADDRESS_DOMAIN_MAX + 1]);

bool sqlite_account_is_postmaster(const char *local);

/* FOUND, NO_DOMAIN, FAILED. */
enum directory_verdict sqlite_domain_find(struct reader *reader, const char *name, struct domain *domain);

/* Copies a column of the current row of a query; "" if it is NULL. */
void sqlite_copy(char *copy, size_t size, sqlite3_stmt *row, int column);

#endif
