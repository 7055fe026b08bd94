/* Text in a form that mail carries through any server. */
#ifndef MESSAGE_ENCODE_H
#define MESSAGE_ENCODE_H

#include <stdio.h>

/* Writes text as quoted-printable (RFC 2045 section 6.7); lines end with LF. */
void encode_quoted_printable(FILE *to, const char *text);

/* Writes a header field whose value is any UTF-8 text: unchanged if it is ASCII, else in encoded words (RFC 2047). */
void encode_field(FILE *to, const char *name, const char *value);

/* Writes any UTF-8 text in encoded words, a space before each and a LF between two; nothing for an empty text. */
void encode_words(FILE *to, const char *text);

/* Decodes xtext (RFC 3461 section 4) if the result is printable ASCII; else writes the text unchanged. */
void encode_decode_xtext(FILE *to, const char *text);

#endif
