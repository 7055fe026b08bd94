/* The contents of a delivery status notification: which recipients, and how much of the message. */
#ifndef RELAY_DSN_REPORT_H
#define RELAY_DSN_REPORT_H

#include "port/queue_entry.h"

/* The input of a DSN; it owns nothing. */
struct dsn_report {
	const struct queue_entry *entry;
	const unsigned *due; /* of each recipient, what dsn_due() returned; at least one is not 0 */
	const char *hostname;
	const char *contact; /* the contact for questions; "" for none */
	int64_t now;         /* seconds since 1970 */
	int64_t expire;      /* seconds after its arrival at which the queue gives the message up */
	bool malformed;      /* dsn_is_malformed(): only the header is returned */
};

/*
 * The notification that the sender must get now, by RFC 3461 and by earlier reports: DSN_FAILURE, DSN_DELAY,
 * DSN_SUCCESS, or 0. delay is the age in seconds from which a message counts as delayed; 0: never.
 */
unsigned dsn_due(const struct queue_entry *entry, const struct queue_recipient *recipient, int64_t now, int64_t delay);

/* Was the message delivered to a mailbox of this server? If another server accepted it, there is its reply. */
bool dsn_is_here(const struct queue_recipient *recipient);

/* Must the DSN be written in UTF-8 because of an address (RFC 6533)? */
bool dsn_is_global(const struct dsn_report *report);

/* Does the DSN return the whole message, or its header alone? */
bool dsn_returns_all(const struct dsn_report *report);

#endif
