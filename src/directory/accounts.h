/* Administration of the database of accounts. */
#ifndef DIRECTORY_ACCOUNTS_H
#define DIRECTORY_ACCOUNTS_H

#include "port/admin.h"
#include "port/mailbox_store.h"

/*
 * Opens the accounts of a data folder, which must exist; the database is made if it is missing, and *created is then
 * true. mailboxes makes the mailbox of each new account and must outlive the result, which is freed by ops->close().
 * NULL with an English sentence in error. Waits up to DATABASE_WAIT for the changes of other processes.
 */
struct admin *accounts_open(
    const char *data, struct mailbox_store *mailboxes, bool *created, char error[ADMIN_ERROR_SIZE]);

/*
 * Opens accounts that accounts_open() does not migrate because names in them would become equal. Records can be listed, shown
 * and removed, and targets removed from aliases, by their names as they are stored; all else fails. NULL as above.
 */
struct admin *accounts_open_unmigrated(const char *data, struct mailbox_store *mailboxes, char error[ADMIN_ERROR_SIZE]);

#endif
