/* The store of mailboxes, for adding and removing accounts. A port: store/ implements it for Maildirs. */
#ifndef PORT_MAILBOX_STORE_H
#define PORT_MAILBOX_STORE_H

#include "port/mailbox.h"

struct mailbox_store {
	bool lmtp; /* accounts without a store of their own or of their domain use LMTP */

	/*
	 * Makes a mailbox durably, if it is missing; its contents are not changed. Blocks. Returns 0, or -1 with errno.
	 */
	int (*make)(struct mailbox_store *store, const struct mailbox *mailbox);

	/*
	 * The same for many: each may be lost until settle() has made all durable,
	 * which can take seconds. Return 0, or -1 with errno.
	 */
	int (*prepare)(struct mailbox_store *store, const struct mailbox *mailbox);
	int (*settle)(struct mailbox_store *store);

	/*
	 * Gives a mailbox, or all of a domain, another name, durably; one that does not exist is
	 * none. A delivery to the old name, for which a session looked it up before, fails for
	 * now until make() makes a mailbox of that name. Returns 0, or -1 with errno: EBUSY if a
	 * POP3 session has one open, ENOTEMPTY if there is mail at the new name.
	 */
	int (*move)(struct mailbox_store *store, const struct mailbox *from, const struct mailbox *to);
	int (*move_domain)(struct mailbox_store *store, const char *from, const char *to);

	/*
	 * Has deliveries make mailboxes of a domain that is hosted again after it
	 * was moved. Returns 0, or -1 with errno.
	 */
	int (*free_domain)(struct mailbox_store *store, const char *domain);
};

#endif
