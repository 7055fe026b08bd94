/* Names of languages: locale names (de_AT.UTF-8@euro) and language tags (de-AT) as one thing. */
#ifndef CATALOG_TAG_H
#define CATALOG_TAG_H

#include <stdbool.h>
#include <stddef.h>

enum { TAG_TEXT = 32 }; /* octets of a formatted tag with its NUL */

/* Parts in canonical case, "" where absent. All octets behind a NUL are 0, so that tags compare as a whole. */
struct tag {
	char language[9]; /* "de" */
	char script[5];   /* "Latn" */
	char region[4];   /* "AT" */
	char variant[9];  /* "valencia" */
};

/*
 * Reads ll[_CC][.codeset][@modifier] or a tag by RFC 5646; zh_TW is zh-Hant, sr@latin is sr-Latn, further subtags are
 * dropped. What tag_format() writes is read as the same tag. False for anything else; "C" and "POSIX" are no languages.
 */
bool tag_parse(struct tag *tag, const char *text, size_t len);

/* Writes the tag as RFC 5646 has it. */
void tag_format(const struct tag *tag, char out[static TAG_TEXT]);

/* Compares two tags, in the manner of strcmp(), and for equality. */
int tag_compare(const struct tag *a, const struct tag *b);
bool tag_equal(const struct tag *a, const struct tag *b);

/*
 * The k-th thing to look for when tag is wished: itself, then with parts dropped (RFC 4647 3.4, in the order of
 * gettext), then no for nb and nb for no. False when k is past the end.
 */
bool tag_candidate(const struct tag *tag, unsigned k, struct tag *out);

/* The same language in Latin script: "ru" gives "ru-Latn". */
struct tag tag_latin(const struct tag *tag);

#endif
