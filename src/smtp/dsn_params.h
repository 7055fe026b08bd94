/* DSN parameters of MAIL and RCPT (RFC 3461, with addresses in UTF-8 by RFC 6533): parsed, and kept with the envelope. */
#ifndef SMTP_DSN_PARAMS_H
#define SMTP_DSN_PARAMS_H

#include <stdbool.h>

#include "port/dsn_request.h"
#include "session/span.h"

enum {
	DSN_ENVID_MAX = 100,   /* octets as they are written, RFC 3461 section 4.4 */
	DSN_ORCPT_MAX = 500,   /* the same, section 4.2 */
	DSN_KEPT_MAX = 1 << 16 /* octets of all ORCPTs kept of one message */
};

/* Is the value xtext (RFC 3461 section 4) that stands for printable ASCII? */
bool dsn_is_xtext(struct span value);

/* Parse RET and NOTIFY (a set of enum dsn_notify). False if the value is malformed. */
bool dsn_read_return(struct span value, enum dsn_return *ret);
bool dsn_read_notify(struct span value, unsigned *notify);

/*
 * Check ENVID and ORCPT. False if the value is malformed, too long, or stands for control characters. utf8: the message
 * has SMTPUTF8, so ORCPT may hold UTF-8.
 */
bool dsn_check_envid(struct span value);
bool dsn_check_orcpt(struct span value, bool utf8);

struct dsn_recipient {
	unsigned number; /* of the recipient in its message, from 0 */
	unsigned notify;
	char *orcpt;   /* as the client wrote it; NULL: none */
	char *address; /* named in a DSN of success, if the mailbox is here; NULL: none is wanted */
};

/* The parameters of a message. All zero: none. */
struct dsn {
	enum dsn_return ret;
	unsigned count, room;             /* of recipients */
	char *envid;                      /* as it was written; NULL: none */
	struct dsn_recipient *recipients; /* those with parameters, ordered by number */
	size_t octets;                    /* of their ORCPTs */
};

/*
 * Keep the parameters of a message, and of a recipient. False when memory is out. ORCPTs beyond DSN_KEPT_MAX octets of a
 * message are dropped, as by a relay without DSN.
 */
bool dsn_keep_message(struct dsn *dsn, enum dsn_return ret, struct span envid);
bool dsn_keep_recipient(struct dsn *dsn, unsigned number, unsigned notify, struct span orcpt);

/* Keeps the address of a recipient, if its success must be reported. False when memory is out. */
bool dsn_keep_address(struct dsn *dsn, unsigned number, struct span address);

/* Returns the parameters of a recipient, or NULL. */
const struct dsn_recipient *dsn_find(const struct dsn *dsn, unsigned number);

/* Drops the recipients from this number on; drops everything. */
void dsn_forget(struct dsn *dsn, unsigned number);
void dsn_clear(struct dsn *dsn);

#endif
