/*
 * Does a data folder have an account? The server asks before it opens its database, which can be of an earlier version.
 */
#ifndef DIRECTORY_HAS_ACCOUNTS_H
#define DIRECTORY_HAS_ACCOUNTS_H

#include <stdbool.h>

/*
 * Is there an account in the SQLite database of a data folder? No, if there is
 * no database; yes, if it cannot be read. Blocks.
 */
bool directory_has_accounts(const char *data);

#endif
