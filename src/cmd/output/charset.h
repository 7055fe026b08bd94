/* The charset of the user's locale, in which programs write for people. Inside, all text is UTF-8. */
#ifndef CMD_OUTPUT_CHARSET_H
#define CMD_OUTPUT_CHARSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/*
 * Has standard output and standard error encode the UTF-8 that is written to them. A character that the charset does not
 * have becomes its spelling in ASCII, by the rules of the language ("ae" for an a with umlaut in German), or else \xNN for
 * each of its octets. For ASCII, that is for the C locale, only terminals are encoded for: programs read UTF-8.
 * An unknown charset, and UTF-8, change nothing.
 */
void charset_open(const char *charset, const char *language);

/*
 * Converts a text of the user to UTF-8, of at most size octets with its NUL. Returns false if it is UTF-8
 * already, no text in the charset, or too long; what *to has is then undefined.
 */
bool charset_decode(const char *text, char *to, size_t size);

/* The same for a word of the command line, which is no name of a file. Returns the word, or a text that charset_close() frees. */
const char *charset_decode_word(const char *word);

/* What follows on standard output is data, whose octets are written as they are. */
void charset_write_data(void);

/* Back to what it was before charset_open(). */
void charset_close(void);

/* The name of the charset: "UTF-8" unless another one has been opened. It lasts until the next call of charset_open(). */
const char *charset_name(void);

/* Whether the charset of standard output has each character of a UTF-8 text; whether it has it or a spelling for it. */
bool charset_has(const char *text);
bool charset_can_spell(const char *text);

/*
 * Writes a text of others for people, as printable_write() does; what the charset of standard output does not have is
 * escaped, too, for a spelling would be another name.
 */
void charset_write(FILE *to, const char *text, size_t len);

#endif
