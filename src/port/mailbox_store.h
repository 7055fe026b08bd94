/* The store of mailboxes, for adding and removing accounts. A port: store/ implements it for Maildirs. */
#ifndef PORT_MAILBOX_STORE_H
#define PORT_MAILBOX_STORE_H

#include "port/mailbox.h"

struct mailbox_store {
	/*
	 * Makes a mailbox durably, if it is missing; its contents are not changed. Blocks. Returns 0, or -1 with errno.
	 */
	int (*make)(struct mailbox_store *store, const struct mailbox *mailbox);
};

#endif
