/* The directory: which domains are hosted here and whose mailboxes are in them. A narrow seam; SQLite is behind it. */
#ifndef MAIL_DIRECTORY_H
#define MAIL_DIRECTORY_H

#include "mail/address.h"

#include <stdint.h>

enum directory_verdict {
	DIRECTORY_FOUND,
	DIRECTORY_NO_DOMAIN,  /* not hosted here */
	DIRECTORY_NO_MAILBOX, /* hosted, but no such mailbox */
	DIRECTORY_AMBIGUOUS,  /* a bare local part that more than one hosted domain has */
	DIRECTORY_FAILED,     /* the directory itself is in trouble: a passing error to the client */
};

/* A folder of a domain and one of an account in it, each octet of the latter escaped in three at worst. */
enum { MAILBOX_PATH_SIZE = ADDRESS_DOMAIN_MAX + 1 + 3 * ADDRESS_LOCAL_MAX + 1 };

/* A mailbox that takes mail: the account's number (0: a postmaster without one), and its Maildir. */
struct mailbox {
	int64_t account;
	char maildir[MAILBOX_PATH_SIZE]; /* below the folder of all mail */
};

struct directory {
	const struct directory_ops *ops;
};

struct directory_ops {
	/*
	 * The verdict on a recipient. *mailbox is filled for DIRECTORY_FOUND. Called on the loop for each RCPT, so it
	 * makes no system call where it can help it. postmaster always exists at a hosted domain and without a domain
	 * (RFC 5321 4.5.1). Local parts are compared without regard to ASCII case.
	 */
	enum directory_verdict (*recipient)(
	    struct directory *directory, const struct address *address, struct mailbox *mailbox);
	void (*close)(struct directory *directory);
};

#endif
