/* Finds the end of a message, removes stuffed dots, and notes bare CR, bare LF and NUL (RFC 5321 sections 4.5.2, 2.3.8). */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>

enum data_at {
	DATA_LINE,   /* at the start of a line */
	DATA_DOT,    /* after a dot at the start of a line */
	DATA_DOT_CR, /* after such a dot and a CR */
	DATA_TEXT,
	DATA_CR,  /* after a CR within a line or at its end */
	DATA_END, /* after CRLF "." CRLF */
};

/* All zero is the state after the CRLF of DATA, which is the first CRLF of the end of an empty message. */
struct data_scanner {
	enum data_at at;
	bool bare; /* a CR without its LF, an LF without its CR, or a NUL has been seen */
};

/*
 * Reads octets up to a stuffed dot, up to the end of the message, or all of them, and returns how many. *run and *run_len
 * are those that belong to the message. Only CRLF ends a line, and only CRLF "." CRLF the message (RFC 5321 section
 * 4.1.1.4). A CR that turns out to be bare after a stuffed dot is a run of its own; the call may then read nothing.
 */
size_t data_scan(struct data_scanner *scanner, const char *bytes, size_t len, const char **run, size_t *run_len);

/* The same for the octets of a chunk (RFC 3030): all of them belong to the message, which has no stuffed dots. */
void data_scan_chunk(struct data_scanner *scanner, const char *bytes, size_t len);
/* Ends the last chunk; a CR that waits for its LF is bare then. Returns the octets that the last line lacks: "" to CRLF. */
const char *data_end_chunks(struct data_scanner *scanner);

#endif
