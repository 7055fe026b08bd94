/* What a client asks of delivery status notifications (RFC 3461, with addresses in UTF-8 by RFC 6533). */
#ifndef SMTP_DSN_PARAMS_H
#define SMTP_DSN_PARAMS_H

#include <stdbool.h>

#include "port/dsn_request.h"
#include "session/span.h"

enum {
	DSN_ENVID_MAX = 100,   /* octets as they are written, RFC 3461 section 4.4 */
	DSN_ORCPT_MAX = 500,   /* the same, section 4.2 */
	DSN_KEPT_MAX = 1 << 16 /* octets of original recipients kept of one message */
};

/*
 * Is this xtext (RFC 3461 section 4) that stands for printable ASCII? The values of RET, ENVID, NOTIFY and ORCPT. False where one is malformed: what ENVID and ORCPT stand for must be
 * printable, without control characters. UTF-8 as it is may stand in an ORCPT only where the message has SMTPUTF8.
 */
bool dsn_is_xtext(struct span value);
bool dsn_read_return(struct span value, enum dsn_return *ret);
bool dsn_check_envid(struct span value);
bool dsn_read_notify(struct span value, unsigned *notify);
bool dsn_check_orcpt(struct span value, bool utf8);

struct dsn_recipient {
	unsigned number; /* of the recipient in its message, from 0 */
	unsigned notify;
	char *orcpt;   /* as it was written; NULL: none */
	char *address; /* who is told of when the message is in the mailbox; NULL: nobody */
};

/* What was asked for a message; the relay passes it on as it came. All zero: nothing. */
struct dsn {
	enum dsn_return ret;
	char *envid;                      /* as it was written; NULL: none */
	struct dsn_recipient *recipients; /* those that anything was asked for, by number */
	size_t count;
	size_t room;
	size_t octets; /* of their ORCPTs */
};

/* Keep it. False when memory is out. ORCPTs beyond DSN_KEPT_MAX are left out, as a relay without DSN leaves them out. */
bool dsn_keep_message(struct dsn *dsn, enum dsn_return ret, struct span envid);
bool dsn_keep_recipient(struct dsn *dsn, unsigned number, unsigned notify, struct span orcpt);

/* Keeps who the recipient is, if success is to be told of. False when memory is out. */
bool dsn_keep_address(struct dsn *dsn, unsigned number, struct span address);

/* What was asked for this recipient, or NULL. */
const struct dsn_recipient *dsn_find(const struct dsn *dsn, unsigned number);

/* Forgets recipients from this number on; everything. */
void dsn_forget(struct dsn *dsn, unsigned number);
void dsn_clear(struct dsn *dsn);

#endif
