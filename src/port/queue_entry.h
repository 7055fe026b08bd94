/* An entry of the relay queue: the envelope of a message, and the state of each recipient. */
#ifndef PORT_QUEUE_ENTRY_H
#define PORT_QUEUE_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text/token.h"
#include "port/dsn_request.h"

enum {
	QUEUE_ID_SIZE = TOKEN_SIZE + 20,
	QUEUE_REPLY_MAX = 1000, /* octets kept of a reply */
	QUEUE_TEXT_MAX = 2000,  /* octets of any text in an envelope */
	QUEUE_RECIPIENTS_MAX = 1 << 20,
	QUEUE_ENVELOPE_MAX = 256 << 20, /* octets of an envelope as it is stored */
	QUEUE_REPLIES_MAX = 32 << 20,   /* of them replies; further ones are not stored */
	QUEUE_GROWTH_MAX = 128,         /* and octets by which attempts lengthen a recipient, its reply apart */
};

enum queue_state {
	QUEUE_WAITING,
	QUEUE_DELIVERED, /* another server has taken it over, which has answered; or it is in a mailbox here */
	QUEUE_FAILED,    /* for good */
	QUEUE_EXPIRED,   /* tried for too long */
	QUEUE_STATES
};

/* Texts are the entry's; none holds a control character. */
struct queue_recipient {
	char *address;    /* local-part@domain, quoted where it must be; the domain is in lower case */
	bool mailbox;     /* of an account: the directory says where it is stored */
	char *sender;     /* its reverse-path, if mail of an alias goes out with another one; NULL: that of the entry */
	char *orcpt;      /* as it was written (RFC 3461 section 4.2); NULL: none */
	unsigned notify;  /* set of enum dsn_notify */
	unsigned noticed; /* of the same: already reported to the sender */
	enum queue_state state;
	unsigned attempts;
	int64_t next; /* time of the next attempt, in seconds since 1970; 0: at once */
	char *reply;  /* result of the last attempt; NULL: no attempt yet, or unknown */
};

/* All zero is an empty entry, which is not claimed. */
struct queue_entry {
	char id[QUEUE_ID_SIZE]; /* lower-case letters and digits; the name of its files */
	int64_t arrival;        /* seconds since 1970 */
	char *session;          /* token of the session that it came in; NULL: none */
	char *sender;           /* the reverse-path without brackets; "": the null one */
	int64_t account;        /* of the user who had logged in; 0: none */
	char *user;             /* the same, by name; NULL: none */
	char *language;         /* of the sender, for notices; NULL: that of the process */
	bool utf8;              /* needs SMTPUTF8 */
	bool eightbit;          /* needs 8BITMIME */
	bool held;              /* is not to be tried until it is released */
	enum dsn_return ret;
	char *envid;               /* as it was written (RFC 3461 section 4.4); NULL: none */
	char *message_id;          /* the Message-ID field, for the log; NULL: none is known */
	uint64_t local_prefix_len; /* octets at the start of the file that are not sent: lines for mailboxes here */
	uint64_t size;             /* octets that are sent, with CRLF for each LF of the file */
	struct queue_recipient *recipients;
	size_t count, room;
	bool claimed;
	int lock; /* if it is claimed: a descriptor that holds its lock */
};

/*
 * Adds a recipient in the state QUEUE_WAITING; NULL when memory is out or there are too many. The address is copied;
 * NULL leaves it to the caller. The result is valid until the next recipient is added.
 */
struct queue_recipient *queue_entry_add(struct queue_entry *entry, const char *address);

/* The recipient of this address; NULL if there is none. */
struct queue_recipient *queue_entry_find(const struct queue_entry *entry, const char *address);

/* Keeps the first recipients, so many, and removes the others. */
void queue_entry_cut(struct queue_entry *entry, size_t count);

/* Removes the recipients of whom this is true; the order of the others stays. */
void queue_entry_remove(
    struct queue_entry *entry, bool (*is_other)(const void *context, const char *address), const void *context);

/* The reverse-path with which the message is sent to a recipient. DSNs go to that of the entry all the same. */
const char *queue_sender(const struct queue_entry *entry, const struct queue_recipient *recipient);

/* The domain of a recipient, or its address literal in brackets. */
const char *queue_domain(const struct queue_recipient *recipient);

/* Is any recipient still waiting? */
bool queue_is_waiting(const struct queue_entry *entry);

/* The earliest time of a next attempt; INT64_MAX if no recipient is waiting. */
int64_t queue_next(const struct queue_entry *entry);

/*
 * Sets a text of an entry or a recipient: frees what was there, and copies len octets, NULL for none. Control
 * characters become spaces; octets beyond max are left out. False when memory is out; the text is then unchanged.
 */
bool queue_set_text(char **text, const char *octets, size_t len, size_t max);

/* Frees what the entry holds, and gives its claim back. All is zero then. */
void queue_entry_clear(struct queue_entry *entry);

#endif
