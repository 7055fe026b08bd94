/* Writes delivery status notifications: RFC 3464, RFC 6522; with UTF-8 by RFC 6533. */
#ifndef RELAY_DSN_H
#define RELAY_DSN_H

#include "relay/dsn/dsn_words.h"

/* A whole message, with LF for each line end. */
struct dsn {
	char *octets;
	size_t len;
	bool utf8;     /* it has addresses or headers in UTF-8: SMTPUTF8 */
	bool eightbit; /* it has octets above 0x7F: 8BITMIME */
};

/*
 * Does the message hold a bare CR, which no message/rfc822 part can hold and no server must get? A message that cannot be
 * read does not. Blocks, for as long as it takes to read the message.
 */
bool dsn_is_malformed(const struct dsn_report *report, int message);

/*
 * Writes the message. id is a token for its Message-ID; message is a descriptor of the message that it reports on, or -1 if
 * there is none. Blocks. Returns false when memory is out. The DSN must be freed in any case.
 */
bool dsn_make(
    struct dsn *dsn, const struct dsn_report *report, const struct dsn_words *words, const char *id, int message);

/* Frees the octets. */
void dsn_free(struct dsn *dsn);

#endif
