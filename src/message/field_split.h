/* Splits a header into its fields as they are written, in pieces of a bounded size. */
#ifndef MESSAGE_FIELD_SPLIT_H
#define MESSAGE_FIELD_SPLIT_H

#include <stdbool.h>
#include <stddef.h>

enum { FIELD_PIECE_MAX = 64 * 1024 }; /* octets of a field that are handed out at a time */

/*
 * A field with its line ends, or a part of one. A line that begins no field, with those that continue it, counts as
 * one without a name.
 */
struct field_piece {
	const char *text;
	size_t len;
	size_t name_len; /* of the name that the field begins with; 0: none */
	bool first, last;
};

/* All zero at the beginning but piece and context, which the caller sets. */
struct field_splitter {
	void (*piece)(void *context, const struct field_piece *piece);
	void *context;
	bool ended;   /* the empty line has been reached */
	bool failed;  /* memory is out */
	bool parted;  /* a part of the field has been handed out */
	bool in_line; /* octets of a line have been read, but not its end */
	size_t len, name_len;
	char *text;
};

/*
 * Reads the next octets of a message, in pieces of any size, whose lines end with LF. Returns how many belong to the
 * header: all but the empty line and what follows it.
 */
size_t field_split(struct field_splitter *splitter, const char *octets, size_t len);

/* The header is at its end: hands out its last field, and frees what the splitter holds. */
void field_split_end(struct field_splitter *splitter);

/*
 * The octets of the name that a field begins with (RFC 5322 section 2.2, and white space before the colon by section
 * 4.5); 0: it is no field.
 */
size_t field_name_len(const char *text, size_t len);

/* Is this the name of a field? */
bool field_is(const struct field_piece *piece, const char *name);

/* The value of a field, with its white space and line ends. */
const char *field_value(const struct field_piece *piece, size_t *len);

#endif
