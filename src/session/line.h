/* Cuts what a client sends into command lines, however the octets arrive. */
#ifndef SESSION_LINE_H
#define SESSION_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum line_status {
	LINE_UNFINISHED, /* no whole line yet */
	LINE_READY,
	LINE_BAD,       /* holds a control octet: bare CR or LF, NUL, anything below 0x20 but HT, or DEL */
	LINE_TOO_LONG,  /* over the limit; it has been skipped */
	LINE_NO_MEMORY, /* no room for the part of a line; the line is skipped and reported so at its end */
};

/* A line without its CRLF: within the octets given, or in the reader until line_release(). */
struct line {
	enum line_status status;
	const char *text;
	size_t len;
};

/* All zero but for the limit is a reader with nothing read. Holds memory only while a line is unfinished. */
struct line_reader {
	size_t limit;  /* octets of a line with its CRLF */
	char *partial; /* the beginning of an unfinished line */
	size_t used;
	size_t room;
	enum line_status skipping; /* why the rest of the line is skipped, or LINE_UNFINISHED */
	bool cr;                   /* the last octet read was a CR */
};

/*
 * Takes octets up to the end of a line, all of them where there is none, and returns how many. Only CRLF ends a line
 * (RFC 5321 2.3.8).
 */
size_t line_read(struct line_reader *reader, const char *bytes, size_t len, struct line *line);

/* Has nothing of the next line been read yet? */
static inline bool
line_is_fresh(const struct line_reader *reader)
{
	return reader->used == 0 && reader->skipping == LINE_UNFINISHED && !reader->cr;
}

/* Frees what the last line stood in. To be called once the line has been dealt with, and at the end. */
void line_release(struct line_reader *reader);

#endif
