/* Walks through the parts of a message in a file, in one pass and a fixed amount of memory (RFC 2045, 2046). Blocks. */
#ifndef MESSAGE_MIME_WALK_H
#define MESSAGE_MIME_WALK_H

#include <stdbool.h>

enum {
	MIME_DEPTH_MAX = 64,    /* multiparts within each other */
	MIME_PARTS_MAX = 10000, /* parts, and messages within messages, of one message */
};

/* Each may be NULL, and ends the walk by returning false. Texts last until the call returns. */
struct mime_visitor {
	/* A field of the message's own header; its value is unfolded, and ends with a NUL, of which it has no other. */
	bool (*field)(void *context, const char *name, const char *value);
	/* The media type of a part, "text/plain" if it does not say; a file name of it, see mime_field_names(). */
	bool (*type)(void *context, const char *type);
	bool (*name)(void *context, const char *name);
	bool header_only; /* nothing but the message's own header is walked through */
	void *context;
};

enum mime_result {
	MIME_WALKED,   /* through all of it, or as far as was wanted */
	MIME_DEPTH,    /* there is more to it than is walked through: multiparts, */
	MIME_PARTS,    /* parts, */
	MIME_HEADER,   /* octets of one header (HEADER_MAX), */
	MIME_BOUNDARY, /* octets of a boundary (255) */
	MIME_FAILED,   /* it cannot be read, or memory is out: errno */
};

/*
 * file is read by pread(). Lines may end with LF or CRLF. What an archive, a text (uuencode), or a message that is itself
 * encoded holds is not looked into.
 */
enum mime_result mime_walk(int file, const struct mime_visitor *visitor);

#endif
