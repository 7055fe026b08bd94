/* Checks of a message that are made while it streams by, mostly of its header; each has a file. */
#ifndef SMTP_POLICY_HEADER_CHECK_H
#define SMTP_POLICY_HEADER_CHECK_H

#include "mail/address_list.h"
#include "mail/header.h"
#include "smtp/internal.h"

/* What the checks of one message remember; all zero at the beginning. */
struct header_checks {
	struct header_scanner header;
	unsigned delivered;         /* Delivered-To lines */
	unsigned present;           /* fields that are required, by their bits */
	struct address_list listed; /* in To and Cc */
	bool body;                  /* has anything but white space come behind the header? */
};

/* What a check does with a field, when the header has ended, when the message has. NULL: nothing. */
struct header_check {
	void (*field)(struct smtp_session *s, const struct header_field *field);
	void (*header_end)(struct smtp_session *s);
	void (*message_end)(struct smtp_session *s);
};

/* Each does nothing where its setting is off. */
extern const struct header_check hops_check;      /* #4.56: Received and Delivered-To */
extern const struct header_check addresses_check; /* #4.55: To and Cc */
extern const struct header_check required_check;  /* #4.40: From, To, Date, Subject */
extern const struct header_check body_check;      /* #4.43 */

/* The message is to be refused, for a cause that the log names; the first that is found counts. */
void header_refuse(struct smtp_session *s, enum ftg_id id, const char *cause);

#endif
