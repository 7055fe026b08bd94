/* The names of records as they are compared: SQL functions for them, and names that become equal by a migration. */
#ifndef DIRECTORY_SQLITE_NAMES_H
#define DIRECTORY_SQLITE_NAMES_H

#include "directory/sqlite/database.h"

/*
 * Adds SQL functions: ftgate_key(local) is the key of a local part (base/address/address_key.h), ftgate_domain(name) the A-label
 * form of a domain, ftgate_sender(text) both of an address or a domain in an access list. NULL if there is no such form.
 */
void names_functions_add(sqlite3 *database);

/*
 * Returns whether the domains and the addresses of accounts, aliases and lists of version 5 remain different. If not, error
 * lists them, with the command that removes one; if the database failed, error is "".
 */
bool names_are_distinct(sqlite3 *database, char error[DATABASE_ERROR_SIZE]);

#endif
