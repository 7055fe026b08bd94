/* The store of mailboxes, for adding and removing accounts. A port: store/ implements it for Maildirs. */
#ifndef PORT_MAILBOX_STORE_H
#define PORT_MAILBOX_STORE_H

#include "port/mailbox.h"

struct mailbox_store {
	/*
	 * Makes a mailbox durably, if it is missing; its contents are not changed. Blocks. Returns 0, or -1 with errno.
	 */
	int (*make)(struct mailbox_store *store, const struct mailbox *mailbox);

	/*
	 * The same for many: each may be lost until settle() has made all durable, which can take seconds. Return 0, or -1
	 * with errno.
	 */
	int (*prepare)(struct mailbox_store *store, const struct mailbox *mailbox);
	int (*settle)(struct mailbox_store *store);
};

#endif
