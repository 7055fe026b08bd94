/* The data state: finds the end of a message, takes out the stuffed dots, notes octets that no message may hold. */
#ifndef SMTP_DATA_H
#define SMTP_DATA_H

#include <stdbool.h>
#include <stddef.h>

enum data_at {
	DATA_LINE,   /* at the start of a line */
	DATA_DOT,    /* behind a dot that began a line */
	DATA_DOT_CR, /* behind such a dot and a CR */
	DATA_TEXT,
	DATA_CR,  /* behind a CR in or at the end of a text */
	DATA_END, /* behind CRLF "." CRLF */
};

/* All zero is the state after the CRLF of DATA, which is the first CRLF of the end of an empty message. */
struct data_scanner {
	enum data_at at;
	bool bare; /* a CR without its LF, an LF without its CR, or a NUL has been seen */
};

/*
 * Takes octets up to a stuffed dot, up to the end of the message, or all of them, and returns how many. *run and
 * *run_len are those among them that are the message's. Only CRLF ends a line, only CRLF "." CRLF the message (RFC 5321
 * 4.1.1.4), whatever else has been seen. A CR that turns out bare behind a stuffed dot is a run of its own, which may be all that
 * comes of a call that takes nothing.
 */
size_t data_scan(struct data_scanner *scanner, const char *bytes, size_t len, const char **run, size_t *run_len);

/*
 * The same for octets of a chunk (RFC 3030), all of which are the message's: no dot means anything. At the end of the
 * last chunk a CR that still waits for its LF is bare. Returns what the message lacks to end with a whole line.
 */
void data_scan_chunk(struct data_scanner *scanner, const char *bytes, size_t len);
const char *data_end_chunks(struct data_scanner *scanner);

#endif
