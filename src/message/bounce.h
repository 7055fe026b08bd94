/* Reads what a bounce says, from a saved message or a paste of one: the texts that explain it, as UTF-8. */
#ifndef MESSAGE_BOUNCE_H
#define MESSAGE_BOUNCE_H

#include <stddef.h>

enum bounce_kind {
	BOUNCE_REPORT, /* message/delivery-status: the fields of one recipient (RFC 3464 section 2.3) */
	BOUNCE_TEXT,   /* what people read */
};

/* Receives a text, which lasts until the call returns and may hold any octets. */
typedef void bounce_found(void *context, enum bounce_kind kind, const char *text, size_t len);

enum {
	BOUNCE_PARTS_MAX = 1000, /* parts of a message that are looked at */
	BOUNCE_NESTED_MAX = 2,   /* bounces that were attached to another message */
};

/*
 * Passes the texts of a message, its reports first: MIME parts are decoded, HTML becomes text, and the returned message is
 * left out, also where it follows in the text itself. Octets that are no message are one text: UTF-16, HTML, quotation marks
 * and a block of base64 are decoded. Without memory, GLib ends the program.
 */
void bounce_read(const char *octets, size_t len, bounce_found *found, void *context);

#endif
