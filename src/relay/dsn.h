/* Notices that tell a sender what has become of a message: RFC 3464, RFC 6522; with UTF-8 by RFC 6533. */
#ifndef RELAY_DSN_H
#define RELAY_DSN_H

#include <ftgate/catalog.h>

#include "port/queue_entry.h"

/*
 * What the sender is to hear of a recipient now: DSN_FAILURE, DSN_DELAY, DSN_SUCCESS, or 0 for nothing, by RFC 3461 and by
 * what was told already. delay is how many seconds a message may wait before that is told; 0: for ever.
 */
unsigned dsn_due(const struct queue_entry *entry, const struct queue_recipient *recipient, int64_t now, int64_t delay);

/* Is what was delivered in a mailbox of this server, and not at another one, which would have answered? */
bool dsn_is_here(const struct queue_recipient *recipient);

struct dsn_request {
	const struct queue_entry *entry;
	const unsigned *due; /* of each recipient; one at least is not 0 */
	const char *hostname;
	const char *contact; /* whom to ask; "" for nobody */
	int64_t now;
	int64_t expire; /* seconds after its arrival that the message is given up */
};

/*
 * The text of a notice and its subject, in the language of a voice; and a second time in the voice's second language, where
 * it has one. To be freed by the caller; NULL when memory is out.
 */
struct dsn_words {
	char *subject;
	char *text;
	char language[FTG_TAG_MAX];
};
bool dsn_say(struct dsn_words *words, const struct dsn_request *order, const struct ftg_voice *voice);
void dsn_words_free(struct dsn_words *words);

/* A whole message, with LF for each line end. */
struct dsn {
	char *octets;
	size_t len;
	bool utf8;     /* it has addresses or headers in UTF-8: SMTPUTF8 */
	bool eightbit; /* it has octets above 0x7F: 8BITMIME */
};

/*
 * Makes the message. id is a token for its Message-ID; message a descriptor of the message that it is about, or -1. Blocks.
 * False when memory is out. To be freed by dsn_free() in any case.
 */
bool dsn_make(
    struct dsn *dsn, const struct dsn_request *order, const struct dsn_words *words, const char *id, int message);
void dsn_free(struct dsn *dsn);

/* Does the notice return the whole message, or its header alone? */
bool dsn_returns_all(const struct dsn_request *order);

#endif
