/* ASCII characters, independent of the locale: what <ctype.h> is for text, this is for protocols. */
#ifndef BASE_ASCII_H
#define BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a character is a digit. An octet above 0x7F is in none of these classes. */
static inline bool
ascii_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

/* An upper-case letter. */
static inline bool
ascii_is_upper(int c)
{
	return c >= 'A' && c <= 'Z';
}

/* A letter. */
static inline bool
ascii_is_alpha(int c)
{
	return ascii_is_upper(c) || (c >= 'a' && c <= 'z');
}

/* A letter or a digit. */
static inline bool
ascii_is_alnum(int c)
{
	return ascii_is_alpha(c) || ascii_is_digit(c);
}

/* A control character. */
static inline bool
ascii_is_control(int c)
{
	return (c >= 0 && c < ' ') || c == 0x7F;
}

/* White space of header fields (RFC 5322 section 2.2), with the line ends that fold them. */
static inline bool
ascii_is_space(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* An upper-case letter in lower case; any other character unchanged. */
static inline char
ascii_lower(char c)
{
	return ascii_is_upper(c) ? (char)(c - 'A' + 'a') : c;
}

/* A lower-case letter in upper case; any other character unchanged. */
static inline char
ascii_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* Are the first len octets all ASCII? */
static inline bool
ascii_is_all(const char *octets, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)octets[i] > 0x7F)
			return false;
	return true;
}

/* Are the first len octets of a and b equal, regardless of the case of ASCII letters? */
static inline bool
ascii_equal(const char *a, const char *b, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_lower(a[i]) != ascii_lower(b[i]))
			return false;
	return true;
}

#endif
