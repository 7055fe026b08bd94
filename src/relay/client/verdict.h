/* The result of a delivery attempt as one line of text: the queue keeps it, and people read it. */
#ifndef RELAY_VERDICT_H
#define RELAY_VERDICT_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * "#8.12 mx.example.net [192.0.2.1]: 550 5.1.1 no such user": the reference of its paragraph in a DSN, the server or domain
 * that it is about, and a detail, which for FTG_NOTICE_SAID is the reply of the server.
 */
struct verdict {
	enum ftg_id reason; /* of a DSN row */
	const char *name;   /* not ended by a NUL */
	size_t name_len;
	const char *detail; /* "" for none */
};

/* Writes a verdict. The caller frees it. Returns NULL when memory is out. */
char *verdict_write(enum ftg_id reason, const char *name, const char *detail);

/* Parses a verdict, whose parts point into the text. Returns false if the text is none. */
bool verdict_read(struct verdict *verdict, const char *text);

/*
 * Writes the enhanced status code (RFC 3463) of a verdict, "5.1.1": that of the reply, or at the beginning of the detail, if it
 * has one of this class, else that of the reason.
 */
enum { VERDICT_STATUS_SIZE = 12 };
void verdict_status(char status[VERDICT_STATUS_SIZE], const struct verdict *verdict, char class);

#endif
