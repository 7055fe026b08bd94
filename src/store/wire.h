/* Messages as they go over the wire (RFC 1939 section 3): lines end with CRLF, and a dot is put before one that begins one. */
#ifndef STORE_WIRE_H
#define STORE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A message on its way, in pieces. All zero but lines is its beginning. */
struct wire {
	size_t lines;    /* of the body that are still to go; SIZE_MAX: all */
	size_t line_len; /* of the line so far */
	bool cr;         /* the last octet was a CR */
	bool body;       /* the empty line behind the header has gone */
	bool full;       /* all lines that were asked for have gone */
};

/* Writes octets of the file, twice as many at worst, and returns how many came of them; none once it is full. */
size_t wire_put(struct wire *wire, char *to, const char *from, size_t len);

/* Ends a last line that has no end, with two octets at worst. */
size_t wire_end(struct wire *wire, char *to);

/* Counts octets of a message with CRLF line ends and without stuffed dots. All zero is the beginning. */
struct wire_count {
	uint64_t octets;
	char last; /* octet that was counted */
};

/* Counts len octets of a file. After the last ones, wire_count_end() returns the octets of the message. */
void wire_count(struct wire_count *count, const char *from, size_t len);
uint64_t wire_count_end(const struct wire_count *count);

#endif
