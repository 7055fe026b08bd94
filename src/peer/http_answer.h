/* Answers of HTTP servers to requests of version 1.0: a status, and a body that its length or the connection's end ends. */
#ifndef PEER_HTTP_ANSWER_H
#define PEER_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

enum http_progress {
	HTTP_MORE, /* it goes on */
	HTTP_WHOLE,
	HTTP_CUT_OFF, /* the connection has ended before it */
	HTTP_BAD,     /* it is none, or has a coding that nobody asked for */
};

struct http_answer {
	unsigned status;  /* 100 to 999 */
	const char *body; /* within the octets that were read */
	size_t len;
};

/* Reads the octets that have come so far; ended: no more will. The answer is filled where it is whole. */
enum http_progress http_answer_read(struct http_answer *answer, const char *octets, size_t len, bool ended);

#endif
