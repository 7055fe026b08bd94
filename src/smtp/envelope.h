/* The envelope of a transaction: the sender, and the mailboxes here and elsewhere that its recipients come to. */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include "port/directory.h"
#include "port/queue_entry.h"
#include "smtp/dsn_params.h"

enum { ENVELOPE_LINES_MAX = 2048 }; /* octets */

/* All zero is an empty envelope. The addresses are as the client wrote them, without brackets and source route. */
struct envelope {
	char *sender;              /* "" for the null reverse-path; NULL before MAIL */
	char *first;               /* the first recipient; NULL before RCPT */
	bool utf8;                 /* MAIL had SMTPUTF8 */
	bool eightbit;             /* MAIL had BODY=8BITMIME */
	uint64_t size;             /* that MAIL declared; 0: none */
	unsigned rcpts;            /* RCPT commands accepted */
	struct mailbox *mailboxes; /* each once */
	size_t count;
	size_t room;
	char *lines;               /* that policy services have added to the header, each with its CRLF; NULL: none */
	struct dsn dsn;            /* of recipients by their number among those accepted */
	struct queue_entry *relay; /* recipients elsewhere, each once; remote.c completes it. NULL: none, before DATA */
};

/* How many mailboxes, here and elsewhere, there are at a time. */
struct envelope_mark {
	size_t mailboxes;
	size_t relayed;
};

/* Begin a transaction, add a recipient with its mailboxes. False when memory is out; the envelope is then as it was. */
bool envelope_open(struct envelope *envelope, struct span sender, bool utf8);
bool envelope_add(struct envelope *envelope, struct span address, const struct recipient *recipient);

/* Makes the entry of the queue where there is none. False when memory is out. */
bool envelope_need_relay(struct envelope *envelope);

/* Takes the last recipient out again; the mark is from before it was added. */
struct envelope_mark envelope_mark(const struct envelope *envelope);
void envelope_take_back(struct envelope *envelope, struct envelope_mark before);

/* Empties the envelope and frees what it holds. */
void envelope_clear(struct envelope *envelope);

#endif
