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

#endif
