/* Counts the addresses of a field such as To as its value streams by (RFC 5322 sections 3.4 and 4.4). */
#ifndef MESSAGE_ADDRESS_LIST_H
#define MESSAGE_ADDRESS_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* All zero at the beginning. */
struct address_list {
	unsigned count; /* addresses so far; UINT_MAX is that many or more */
	/* Private to the counter. */
	unsigned hidden;  /* separators within constructs that are not closed yet */
	unsigned comment; /* how deep in comments */
	unsigned char in; /* a quoted text, a domain literal */
	bool angle;       /* in angle brackets */
	bool escaped;     /* behind a backslash */
	bool some;        /* a word of an address, or of a name, has been read */
};

/*
 * Reads the next octets of a value, in pieces of any size; last is true with its end, and the next value may follow.
 * Groups count by their members, comments and names not at all. An unclosed construct hides nothing: each separator in
 * it then counts as an address.
 */
void address_list_read(struct address_list *list, const char *text, size_t len, bool last);

#endif
