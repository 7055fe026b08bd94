/* What came of an attempt to deliver, as one line of text that the queue keeps and people read. */
#ifndef RELAY_VERDICT_H
#define RELAY_VERDICT_H

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * "#8.12 mx.example.net [192.0.2.1]: 550 5.1.1 no such user": the reference of the paragraph that tells it in a dsn,
 * whom it is about, and what else is known: of FTG_NOTICE_SAID the answer of that server.
 */
struct verdict {
	enum ftg_id reason; /* of a DSN row */
	const char *name;   /* not ended by a NUL */
	size_t name_len;
	const char *detail; /* "" for none */
};

/* Writes it; NULL when memory is out. To be freed by the caller. */
char *verdict_write(enum ftg_id reason, const char *name, const char *detail);

/* Takes it apart; the parts are those of the text. False where it is none. */
bool verdict_read(struct verdict *verdict, const char *text);

/*
 * The enhanced status code (RFC 3463) of a verdict, "5.1.1", of class 4 or 5: that of the answer where it has one of this
 * class, else that of the reason.
 */
enum { VERDICT_STATUS_SIZE = 12 };
void verdict_status(char status[VERDICT_STATUS_SIZE], const struct verdict *verdict, char class);

#endif
