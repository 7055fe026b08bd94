/* Parses answers to HTTP/1.0 requests: a status, and a body that ends as its length says or with the connection. */
#ifndef PEER_HTTP_ANSWER_H
#define PEER_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum http_progress {
	HTTP_MORE, /* more octets are needed */
	HTTP_WHOLE,
	HTTP_CUT_OFF, /* the connection ended too early */
	HTTP_BAD,     /* not HTTP, or with a transfer coding, which was not asked for */
};

struct http_answer {
	unsigned status;  /* 100 to 999 */
	const char *body; /* within the octets that were read */
	size_t len;
};

/* Parses the octets that have come so far; ended: no more will come. Fills the answer if the result is HTTP_WHOLE. */
enum http_progress http_answer_read(struct http_answer *answer, const char *octets, size_t len, bool ended);

#endif
