/*
 * The surrogate of a message whose header is internationalized (RFC 6532), for a client without UTF8 (RFC 6858): the same
 * message with a header in ASCII.
 */
#ifndef MESSAGE_SURROGATE_H
#define MESSAGE_SURROGATE_H

#include <stdbool.h>
#include <stddef.h>

enum {
	SURROGATE_FIELD_MAX = 32 * 1024,    /* octets of a field; a surrogate leaves out a longer one */
	SURROGATE_HEADER_MAX = 1024 * 1024, /* of a header; the rest is sent as it is, as the body */
};

/* The search for octets beyond ASCII in a header. All zero is the beginning. */
struct surrogate_look {
	bool high;  /* there is one */
	bool ended; /* the header is at its end, or too long */
	bool cr;    /* the last octet was a CR */
	size_t line_len, size;
};

/* Looks at the next octets of a message, whose lines end with LF or CRLF, in pieces of any size. */
void surrogate_look(struct surrogate_look *look, const char *octets, size_t len);

/* A surrogate that is being made. All zero is the beginning. */
struct surrogate {
	char *octets; /* those made so far that the caller has not taken; it takes them by setting len to 0 */
	size_t len, room;
	bool declared;  /* the first Received field says that the message came with SMTPUTF8 (RFC 6531 section 3.7.3) */
	bool addressed; /* a field with addresses has one in valid UTF-8 */
	bool body;      /* the header is over */
	bool failed;    /* memory is out */
	/* Private. */
	bool high, received, too_long;
	char *field; /* under way, as it is written, with its line ends */
	size_t field_len, field_room, line_len, size;
};

/*
 * Reads the next octets of a message, in pieces of any size. surrogate_end() must follow the last ones. Both return 0, or
 * -1 with errno ENOMEM; only surrogate_clear() is legal then.
 */
int surrogate_put(struct surrogate *surrogate, const char *octets, size_t len);
int surrogate_end(struct surrogate *surrogate);

/*
 * Is a client without UTF8 to get the surrogate? The header holds more than ASCII, and the message was taken with
 * SMTPUTF8 or has an address in UTF-8. Other 8-bit octets are sent as they came: RFC 6856 is about UTF-8 only.
 */
bool surrogate_is_needed(const struct surrogate *surrogate);

/* Frees what it holds; all is zero then. */
void surrogate_clear(struct surrogate *surrogate);

/* surrogate_field.c: appends to the surrogate; converts a field, which is not empty and has octets beyond ASCII. */
void surrogate_write(struct surrogate *surrogate, const char *octets, size_t len);
void surrogate_convert(struct surrogate *surrogate, const char *field, size_t len);

#endif
