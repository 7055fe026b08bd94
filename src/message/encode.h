/* Text in a form that mail carries through any server. */
#ifndef MESSAGE_ENCODE_H
#define MESSAGE_ENCODE_H

#include <stdbool.h>
#include <stdio.h>

/* Whether all octets are ASCII. */
bool encode_is_ascii(const char *text, size_t len);

/* Quoted-printable (RFC 2045 section 6.7); lines end with LF. */
void encode_quoted_printable(FILE *to, const char *text);

/* A header field whose value is any UTF-8 text: as it is where it is ASCII, else in encoded words (RFC 2047). */
void encode_field(FILE *to, const char *name, const char *value);

/* What xtext (RFC 3461 section 4) stands for, where that is printable ASCII; else as it is. */
void encode_decode_xtext(FILE *to, const char *text);

#endif
