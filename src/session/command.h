/* Takes a command line apart. The form is common to SMTP (RFC 5321 section 2.4) and POP3 (RFC 1939 section 3). */
#ifndef SESSION_COMMAND_H
#define SESSION_COMMAND_H

#include "session/span.h"

struct command_line {
	struct span verb;     /* up to the first space; empty if the line begins with a space */
	struct span argument; /* without the spaces around it; empty if there is none */
	struct span raw; /* what follows the first space, with further spaces: a password may begin or end with one */
};

/* Takes a line without its CRLF apart; all spans are within the line. */
struct command_line command_split(const char *text, size_t len);

/*
 * If a client that speaks another protocol has sent this line, the word for it in the log: "http-request" (which a browser
 * can be made to send to any port), "message-header" (a header field: the rest of such a request, or of a message whose
 * DATA was refused), "ssh". NULL for all other lines. The session must end, since later lines may be commands that a
 * third party wrote.
 */
const char *command_foreign(struct span line);

/* Does a line that begins with this octet belong to a TLS handshake (RFC 8446 section 5.1)? No command does. */
static inline bool
command_is_tls(char first)
{
	return first == 0x16;
}

#endif
