/* The envelope of a transaction: the sender, and the mailboxes and remote addresses that the mail goes to. */
#ifndef SMTP_ENVELOPE_H
#define SMTP_ENVELOPE_H

#include "base/text/text_set.h"
#include "port/directory.h"
#include "port/queue_entry.h"
#include "smtp/dsn_params.h"
#include "smtp/list_message.h"

enum { ENVELOPE_LINES_MAX = 2048 }; /* octets */

/* The directory's record of the sender. All zero for the null sender. */
struct sender_facts {
	bool failed;          /* the directory could not be asked: the others are 0 */
	bool hosted;          /* the domain is hosted here, or relayed */
	bool relayed;         /* it is relayed */
	bool owned;           /* the address is that of the user who has logged in */
	unsigned char access; /* set of enum access_kind */
};

/*
 * Are the mailboxes of the sender's domain here? A relayed domain has servers of its own, which send its mail, and its SPF
 * record need not name this one.
 */
static inline bool
sender_is_here(const struct sender_facts *known)
{
	return known->hosted && !known->relayed;
}

/*
 * All zero is an empty envelope. The addresses are as the client wrote them, without brackets and source route, but
 * their domains are in the A-label form, which servers and policy services without SMTPUTF8 read, too.
 */
struct envelope {
	char *sender;     /* "" for the null reverse-path; NULL before MAIL */
	char *first;      /* the first recipient; NULL before RCPT */
	char *greylisted; /* the first one whose mail can be greylisted; NULL: none */
	bool utf8;        /* MAIL had SMTPUTF8 */
	bool eightbit;    /* MAIL had BODY=8BITMIME */
	bool counted;     /* the message has been counted towards the limits of the account */
	struct sender_facts known;
	uint64_t size;             /* that MAIL declared; 0: none */
	unsigned rcpts;            /* RCPT commands accepted */
	unsigned room;             /* for mailboxes */
	struct mailbox *mailboxes; /* each once; without those of members of lists */
	size_t count;
	struct list_messages *lists; /* of lists that recipients lead to; NULL: none */
	struct text_set seen;        /* addresses, in several forms: envelope.c */
	char *lines;                 /* that policy services have added to the header, each with its CRLF; NULL: none */
	struct dsn dsn;              /* of recipients by their number among those accepted */
	struct queue_entry
	    *relay; /* recipients elsewhere, each once; relaying.c completes it. NULL: none, before DATA */
};

/*
 * The spelling of an address that the envelope keeps: as it was written, or, if that holds UTF-8, the address itself,
 * whose domain is in the A-label form, written to text.
 */
struct span envelope_spell(char text[ADDRESS_TEXT_SIZE], struct span written, const struct address *address);

/* Begins a transaction. False when memory is out; the envelope is then as it was. */
bool envelope_open(struct envelope *envelope, struct span sender, bool utf8);

/*
 * Adds a recipient, whose address envelope_spell() gave, with the mailboxes and addresses that its mail goes to. Takes
 * time for these alone, however many the envelope has. Those at other servers whose domain this server does not relay
 * get the mail with this sender; NULL: with that of the envelope. Members of lists are added to the message of their
 * list. False when memory is out; the envelope is then as it was, but for members of lists that it had before.
 */
bool envelope_add(struct envelope *envelope, struct span address, const struct expansion *targets, const char *sender);

/* Notes a recipient whose mail can be greylisted; the first one stays. False when memory is out. */
bool envelope_note_greylisted(struct envelope *envelope, struct span address);

/*
 * Removes from lists the members that the client has also named itself, before
 * or after the list: they get the message directly.
 */
void envelope_sort_members(struct envelope *envelope);

/*
 * Does the envelope have all mailboxes of this alias or list? Notes that it has.
 * list is whole, in the directory's spelling.
 */
bool envelope_has_list(const struct envelope *envelope, const struct address *list);
void envelope_note_list(struct envelope *envelope, const struct address *list);

/*
 * Notes the address of a RCPT command; has the client named this address? All spellings are one, and where the mail for
 * it goes does not matter. An address without a domain is not noted, nor is one when memory is out: RCPT is then
 * refused, or the message delivered, and its Received lines end the loop.
 */
void envelope_note_rcpt(struct envelope *envelope, const struct address *address);
bool envelope_has_rcpt(const struct envelope *envelope, const struct address *address);

/* Notes that an address has had the message; has this one? When memory is out it is not noted. */
void envelope_note_returned(struct envelope *envelope, const struct address *address);
bool envelope_is_returned(const struct envelope *envelope, const char *address);

/* Removes the mailboxes of which this is true, members of lists apart; the order of the others stays. */
void envelope_remove_mailboxes(struct envelope *envelope,
    bool (*is_other)(const void *context, const struct mailbox *mailbox), const void *context);

/*
 * The mailboxes that the message is for, here or at the server that LMTP delivers to, members
 * of lists included; and all addresses, those at other servers, too. One that is named beside a
 * list that it is a member of counts twice before envelope_sort_members().
 */
size_t envelope_count_mailboxes(const struct envelope *envelope);
size_t envelope_count_addresses(const struct envelope *envelope);

/* How many of these targets the envelope does not have yet. */
size_t envelope_count_new(const struct envelope *envelope, const struct expansion *targets);

/* Has the envelope anybody who gets the message, or a report of its delivery? */
bool envelope_has_recipients(const struct envelope *envelope);

/* Has the envelope a mailbox here of this address, as struct mailbox has it? */
bool envelope_has_mailbox(const struct envelope *envelope, const char *address);

/* Makes the queue entry, if it is missing. False when memory is out. */
bool envelope_need_relay(struct envelope *envelope);

/* Empties the envelope and frees its memory. */
void envelope_clear(struct envelope *envelope);

#endif
