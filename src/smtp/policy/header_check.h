/* Checks of a message while it streams by, mostly of its header. Each has its own file. */
#ifndef SMTP_POLICY_HEADER_CHECK_H
#define SMTP_POLICY_HEADER_CHECK_H

#include <string.h>

#include "base/text/text_buffer.h"
#include "message/address_list.h"
#include "message/header.h"
#include "smtp/internal.h"

/* The state of the checks of one message. All zero at the beginning. */
struct header_checks {
	struct header_scanner header;
	unsigned delivered;         /* Delivered-To lines */
	unsigned list_ids;          /* List-Id fields */
	unsigned present;           /* fields that are required, by their bits */
	struct address_list listed; /* in To and Cc */
	bool date, message_id;      /* of a message of a user: there is such a field */
	bool bcc;                   /* the same */
	bool incomplete;            /* and maybe an address without a domain */
	char forged[128];           /* names of fields that the client has forged, with spaces between; "": none */
	bool body;                  /* is there anything but white space after the header? */
};

/* NAME_look() is called for each field, NAME_end() after the header or the message. A check that is off does nothing. */
void hops_look(struct smtp_session *s, const struct header_field *field);  /* #4.56: Received and Delivered-To */
void lists_look(struct smtp_session *s, const struct header_field *field); /* #4.67: Auto-Submitted; #4.56: List-Id */
void addresses_look(struct smtp_session *s, const struct header_field *field); /* #4.55: To and Cc */
void required_look(struct smtp_session *s, const struct header_field *field);  /* #4.40: From, To, Date, Subject */
void required_end(struct smtp_session *s);
void message_id_look(struct smtp_session *s, const struct header_field *field); /* keeps the Message-ID for the log */
void body_end(struct smtp_session *s);                                          /* #4.43 */

void author_look(struct smtp_session *s, const struct header_field *field); /* #3.21: keeps the domains in From */
void author_end(struct smtp_session *s);

/* These look for what is changed in the header before it is examined; edits_make() has the delivery make the changes. */
void submission_look(struct smtp_session *s, const struct header_field *field);
void forged_look(struct smtp_session *s, const struct header_field *field);

/* Are forged results removed from what this session sends? So from strangers and users, by the configuration. */
bool forged_may_be(const struct smtp_session *s);
void edits_make(struct smtp_session *s);

/* submission.c: is the message of a user, or of a client that must be one? */
bool submission_is(const struct smtp_session *s);

/* lists.c: the offset behind white space and comments (RFC 5322 section 3.2.2), or len if nothing else comes. */
size_t field_skip_comments(const char *value, size_t len);

/* Refuses the message, with a cause for the log. The first refusal wins. */
void header_refuse(struct smtp_session *s, enum ftg_id id, const char *cause);

#endif
