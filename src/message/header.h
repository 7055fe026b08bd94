/* Reads the header of a message as it streams by, a field at a time (RFC 5322 section 2.2). */
#ifndef MESSAGE_HEADER_H
#define MESSAGE_HEADER_H

#include <stdbool.h>
#include <stddef.h>

enum {
	HEADER_MAX = 1 << 20,   /* octets of a header; the rest is not examined */
	HEADER_NAME_MAX = 77,   /* of the name of a field: with its colon in a line of 78 */
	HEADER_VALUE_MAX = 998, /* of a value that are handed out at a time */
};

/*
 * A field, or a part of one: its value comes unfolded, without white space around it, in as many parts as it takes. The
 * texts are the scanner's and end with the call; a value may hold any octet but CR LF.
 */
struct header_field {
	const char *name; /* as it is written; ends with a NUL */
	const char *value;
	size_t len;
	bool first, last; /* is this the first, the last part? Most fields have one, which is both */
};

/* All zero at the beginning but field and context, which the caller sets; they may be NULL. */
struct header_scanner {
	void (*field)(void *context, const struct header_field *field);
	void *context;
	size_t size;       /* octets of the header, with the empty line */
	unsigned received; /* Received fields */
	bool malformed;    /* a line that is no field, a name or a header that is too long, a CR or LF that is bare */
	bool ended;        /* by the empty line, by header_end(), or as it is too long */
	unsigned char at;  /* where in a line */
	bool cr;           /* has been read last */
	bool parted;       /* a part of the value has been handed out */
	size_t name_len, len;
	char name[HEADER_NAME_MAX + 1];
	char value[HEADER_VALUE_MAX];
};

/* Reads the next octets of a message, in pieces of any size; ignores all after the header. */
void header_scan(struct header_scanner *scanner, const char *bytes, size_t len);

/* The message has ended, with or without an empty line. */
void header_end(struct header_scanner *scanner);

/* Is it a field of this name? */
bool header_is(const struct header_field *field, const char *name);

#endif
