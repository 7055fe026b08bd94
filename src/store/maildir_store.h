/* Makes the Maildirs of new accounts. */
#ifndef STORE_MAILDIR_STORE_H
#define STORE_MAILDIR_STORE_H

#include "port/admin.h"
#include "port/mailbox_store.h"
#include "store/mail_folder.h"

/* For one thread. */
struct maildir_store {
	struct mailbox_store store;
	struct mail_folder mail; /* of all; not open if it does not exist yet */
	char path[PATH_MAX];
};

/*
 * Opens the folder of all mail, DATA/mail, which is made with the first mailbox
 * if it is missing. Returns 0, or -1 with errno.
 */
int maildir_store_open(struct maildir_store *store, const char *data);

/*
 * Marks the folder if it is empty, was never marked, and there is no account: an earlier release made it, or it is a
 * new volume. Blocks. If that fails, the folder stays refused (store/mail_folder.h).
 */
void maildir_store_begin(struct maildir_store *store, struct admin *admin);
void maildir_store_close(struct maildir_store *store);

#endif
