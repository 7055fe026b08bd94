/* A mailbox that accepts mail, as layers other than its store name it: by account and address. */
#ifndef PORT_MAILBOX_H
#define PORT_MAILBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address/address.h"
#include "port/store_name.h"

/* The limits of a mailbox: octets and messages. 0 is no limit. */
struct quota {
	long long bytes;
	long long messages;
};

/* Only its store knows its path: store/ for Maildirs, relay/stores.c for another server. */
struct mailbox {
	int64_t account; /* number of the account; 0: a postmaster without one */
	struct quota quota;
	unsigned notify; /* of the recipient in an envelope: a set of enum dsn_notify; 0: none was asked for */
	unsigned list;   /* in an expansion: the number of the list that it is a member of, from 1; 0: of none */
	char store[STORE_NAME_SIZE];     /* the name of its store; "": the one of the configuration */
	char address[ADDRESS_TEXT_SIZE]; /* local-part@domain, ASCII letters in lower case, quoted if it must be */
};

/*
 * Sets the address of a mailbox. Returns false, with an empty address, if local part or domain is empty or longer than
 * RFC 5321 section 4.5.3.1 allows.
 */
bool mailbox_set_address(struct mailbox *mailbox, const char *local, const char *domain);

/* Are two mailboxes the same one? */
bool mailbox_equal(const struct mailbox *one, const struct mailbox *other);

/* Has the mailbox a limit of octets or messages? */
bool mailbox_has_quota(const struct mailbox *mailbox);

#endif
