/* Netstrings (D. J. Bernstein, 1997), the frames of the socketmap protocol: "12:hello world!,". */
#ifndef BASE_NETSTRING_H
#define BASE_NETSTRING_H

#include <stddef.h>
#include <sys/types.h>

enum {
	NETSTRING_MAX = 99999,                     /* octets of the longest text that is read or written here */
	NETSTRING_HEAD_SIZE = sizeof "99999:",     /* of what precedes a text, with a NUL */
	NETSTRING_FRAME = sizeof "99999:" - 1 + 1, /* octets that a frame adds to its text at most */
};

/*
 * Reads the first netstring of the octets that have come so far, whose text has max octets at most; max is NETSTRING_MAX at
 * most. Returns the octets of its frame, 0 if more must come, or -1 if they are none, or of a longer text. Its text is then
 * at *text, of *len octets; it is not copied.
 */
ssize_t netstring_read(const char *octets, size_t count, size_t max, const char **text, size_t *len);

/* Writes what precedes a text of len octets, at most NETSTRING_MAX. Returns its octets; a comma must follow the text. */
size_t netstring_head(char head[NETSTRING_HEAD_SIZE], size_t len);

#endif
