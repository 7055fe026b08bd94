/* Cleaning of arguments for a reply line. */
#ifndef CATALOG_CLEAN_H
#define CATALOG_CLEAN_H

#include <ftgate/reply.h>
#include <stdint.h>
#include <string.h>

/* The part of clean_text() for texts that must be changed or cut. */
size_t clean_slowly(char *out, size_t max, const char *text, size_t len, enum ftg_encoding encoding)
    __attribute__((cold));

/* Sixteen octets at a time. GCC and clang compile each operator to one instruction. */
typedef uint8_t clean_vector __attribute__((vector_size(16)));

/* Sets all bits of each octet that cannot be copied as it is: below 0x20, above 0x7E, or #. */
static inline clean_vector
clean_suspicious(clean_vector v)
{
	return (clean_vector)((v - 0x20) > 0x5E) | (clean_vector)(v == '#');
}

/* Whether any bit is set. */
static inline bool
clean_any(clean_vector v)
{
	uint64_t w[2];
	memcpy(w, &v, sizeof(w));
	return (w[0] | w[1]) != 0;
}

/* As clean_plain(), octet by octet. */
static inline bool
clean_octets(char *out, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] < 0x20 || text[i] > 0x7E || text[i] == '#')
			return false;
		out[i] = text[i];
	}
	return true;
}

/* Copies a text that needs no change; returns false for any other. The last sixteen octets can overlap those before. */
static inline bool
clean_plain(char *out, const char *text, size_t len)
{
	clean_vector v, found = { 0 };
	if (len < sizeof(v))
		return clean_octets(out, text, len);
	for (size_t i = 0; i + sizeof(v) < len; i += sizeof(v)) {
		memcpy(&v, text + i, sizeof(v));
		memcpy(out + i, &v, sizeof(v));
		found |= clean_suspicious(v);
	}
	memcpy(&v, text + len - sizeof(v), sizeof(v));
	memcpy(out + len - sizeof(v), &v, sizeof(v));
	return !clean_any(found | clean_suspicious(v));
}

/*
 * Copies len octets of text to out as at most max octets, and returns how many; max must be at least 16. Writes controls,
 * bidi controls, invalid UTF-8 and, with FTG_ASCII, all that is not ASCII as \x{HEX}; also the # of "(#", even if the
 * parenthesis is the octet before out, which must exist. A longer text ends in "...".
 */
static inline size_t
clean_text(char *out, size_t max, const char *text, size_t len, enum ftg_encoding encoding)
{
	if (len <= max && clean_plain(out, text, len))
		return len;
	return clean_slowly(out, max, text, len, encoding);
}

/* Copies base64 (RFC 4648 section 4); copies nothing if there is another octet, or more than max octets. */
size_t clean_base64(char *out, size_t max, const char *text, size_t len);

#endif
