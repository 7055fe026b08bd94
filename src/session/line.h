/* Splits a client's octets into command lines, whatever their division on arrival. */
#ifndef SESSION_LINE_H
#define SESSION_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum line_status {
	LINE_UNFINISHED, /* no whole line yet */
	LINE_READY,
	LINE_BAD,       /* holds a control octet: bare CR or LF, NUL, anything below 0x20 but HT, or DEL */
	LINE_TOO_LONG,  /* over the limit; its octets were dropped */
	LINE_NO_MEMORY, /* memory ran out within the line; its octets were dropped */
};

/* A line without its CRLF. text points into the octets that were read, or into the reader until line_release(). */
struct line {
	enum line_status status;
	const char *text;
	size_t len;
};

/* All zero except limit: nothing has been read. Holds memory only while a line is unfinished. */
struct line_reader {
	size_t limit;  /* octets of a line, with its CRLF */
	char *partial; /* the beginning of an unfinished line */
	size_t used;
	size_t size;               /* octets allocated for partial */
	enum line_status skipping; /* why the rest of the line is skipped, or LINE_UNFINISHED */
	bool cr;                   /* the last octet read was a CR */
};

/*
 * Reads octets up to the end of a line, or all of them if no line ends, and returns how many. Only CRLF ends a line
 * (RFC 5321 section 2.3.8).
 */
size_t line_read(struct line_reader *reader, const char *bytes, size_t len, struct line *line);

/* Has nothing of the next line been read yet? */
static inline bool
line_is_fresh(const struct line_reader *reader)
{
	return reader->used == 0 && reader->skipping == LINE_UNFINISHED && !reader->cr;
}

/*
 * Frees the memory of the last line. Must be called once the line has been handled, and when the reader is abandoned.
 */
void line_release(struct line_reader *reader);

#endif
