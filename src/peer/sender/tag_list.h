/* Tag lists: the form of the records of DKIM, DMARC, MTA-STS and TLS reporting (RFC 6376 section 3.2). */
#ifndef PEER_SENDER_TAG_LIST_H
#define PEER_SENDER_TAG_LIST_H

#include <stdbool.h>
#include <stddef.h>

enum { TAGS_MAX = 32 }; /* of a list; a longer one is malformed */

/* A tag of a text that outlives it. The value has no white space at its ends; it can be empty. */
struct tag {
	const char *name, *value;
	size_t name_len, len;
};

struct tag_list {
	struct tag tags[TAGS_MAX];
	size_t count;
};

/*
 * Parses "name=value; name=value", whose octets may be any. Returns false if that is malformed: another form, a name that
 * occurs twice, a value with octets that are not printable ASCII, tabs, CR or LF, or too many tags.
 */
bool tag_list_parse(struct tag_list *list, const char *text, size_t len);

/* The tag with a name, which is in lower case; NULL: there is none. Names differ by case. */
const struct tag *tag_find(const struct tag_list *list, const char *name);

/* Is the value of a tag this word, in any case? False for NULL. */
bool tag_is(const struct tag *tag, const char *word);

/* Is the word, in any case, one of the words of the value, between which are colons? False for NULL. */
bool tag_has(const struct tag *tag, const char *word);

#endif
