/* Names of languages: locale names (de_AT.UTF-8@euro) and language tags (de-AT) as one thing. */
#ifndef CATALOG_TAG_H
#define CATALOG_TAG_H

#include <stdbool.h>
#include <stddef.h>

enum { TAG_TEXT = 32 }; /* octets of a formatted tag with its NUL */

/* The parts in canonical case, "" if absent. All octets after a NUL are 0, so that tags can be compared as a whole. */
struct tag {
	char language[9]; /* "de" */
	char script[5];   /* "Latn" */
	char region[4];   /* "AT" */
	char variant[9];  /* "valencia" */
};

/*
 * Parses ll[_CC][.codeset][@modifier] or a tag by RFC 5646. zh_TW becomes zh-Hant, sr@latin becomes sr-Latn, and a
 * withdrawn code its successor: iw becomes he. Further subtags are dropped. The result of tag_format() is parsed to the
 * same tag. Returns false for anything else; "C" and "POSIX" are not languages.
 */
bool tag_parse(struct tag *tag, const char *text, size_t len);

/* Whether a name means the built-in English: C, POSIX, or i-default in any case (RFC 2277 section 4.5). */
bool tag_is_default(const char *name, size_t len);

/* Writes the tag in the form of RFC 5646. */
void tag_format(const struct tag *tag, char out[static TAG_TEXT]);

/* Compares two tags, in the manner of strcmp(), and for equality. */
int tag_compare(const struct tag *a, const struct tag *b);
bool tag_equal(const struct tag *a, const struct tag *b);

/*
 * The k-th tag to look up for a preferred tag: itself, then with parts dropped (RFC 4647 3.4, in the order of gettext),
 * then the same for a related language: no for nb and the reverse, both for nn, zh-Hans for zh. Returns false if there is
 * none.
 */
bool tag_candidate(const struct tag *tag, unsigned k, struct tag *out);

/* Whether the language is written from right to left: by its script, else by the script it is usually written in. */
bool tag_is_rtl(const struct tag *tag);

/* The same language in Latin script: "ru" gives "ru-Latn". */
struct tag tag_latin(const struct tag *tag);

#endif
