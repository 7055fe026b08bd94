/* A session's questions to the directory. */
#ifndef SMTP_LOOKUP_STATE_H
#define SMTP_LOOKUP_STATE_H

#include <stddef.h>

#include "port/directory.h"

struct smtp_session;

/* Whether the recipient is a sender that this server has rewritten, to which a bounce comes. */
struct returning {
	bool asked;           /* the question is about the original sender */
	bool elsewhere;       /* which is at another server: the bounce goes there, whoever the client is */
	const char *cause;    /* why it is no such sender, although it looks like one; NULL: it does not */
	struct domain domain; /* of the rewritten sender */
};

/*
 * The question under way, and the known facts about the recipient of the RCPT command under way. Allocated when a
 * session first needs it, and freed at the end of a transaction.
 */
struct lookup {
	struct smtp_session *session;
	union {
		struct client_question client;
		struct sender_question sender;
		struct members_question members;
		struct domain_question domain;
	};
	struct recipient_question recipient;
	bool rcpt_waits; /* for the answer about the recipient */
	size_t ahead;    /* octets after the fed ones that look_ahead.c has seen */
	struct returning returning;
	bool sent_on;          /* mail of a stranger goes on to another server, by an alias, a list or SRS */
	struct author *author; /* of the message; policy/author.c. NULL: no From field, or nobody asks for it */
	struct expansion_question expansion;
	char domain_name[ADDRESS_DOMAIN_MAX + 1]; /* of ETRN */
	bool below;                               /* of ETRN: those below the domain, too */
	bool utf8;                                /* of EXPN: the answer may hold UTF-8 */
};

/* The session's questions, made if need be; NULL when memory is out. */
struct lookup *lookup_open(struct smtp_session *s);

/* Is the recipient an alias or a list, which has to be expanded? */
bool lookup_is_list(const struct lookup *lookup);

/* Sets the address of the expansion to that of the recipient, as it was added. */
void lookup_name_list(struct lookup *lookup);

/* Frees them. Not while one is under way. */
void lookup_close(struct smtp_session *s);

/* The lookup of a question that stands at an offset in it. */
static inline struct lookup *
lookup_of(struct directory_question *question, size_t offset)
{
	return (struct lookup *)(void *)((char *)question - offset);
}

#endif
