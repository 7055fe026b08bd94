/* One text of a catalogue: checked by the rules, and parsed into pieces. */
#ifndef CATALOG_TEXT_H
#define CATALOG_TEXT_H

#include "catalog/tag.h"

#include <ftgate/catalog.h>
#include <stdint.h>

enum {
	TEXT_MAX = 1000, /* octets of a text, in either encoding */
	TEXT_PIECES = 64,
	TEXT_BREAKS = 7,    /* line breaks of a text */
	TEXT_WORST = 2048,  /* octets of a text with its longest arguments */
	TEXT_VAR_MAX = 255, /* octets of a variable's value */
};

/* The controls around a text from right to left: RLI, PDI, and LRM before a reference (Unicode Standard Annex 9). */
#define ISOLATE     "\xE2\x81\xA7"
#define ISOLATE_END "\xE2\x81\xA9"
#define LEFT_MARK   "\xE2\x80\x8E"
enum { BIDI_OCTETS = 3 }; /* octets of each */

enum piece_kind { PIECE_LITERAL, PIECE_ARG, PIECE_VAR };

struct piece {
	uint8_t kind;
	uint8_t index;   /* of the argument or variable */
	uint16_t at;     /* offset of a literal in text.bytes */
	uint16_t octets; /* and its length */
};

struct text {
	char bytes[TEXT_MAX]; /* the literals, in order; line breaks are \n */
	size_t used;
	struct piece piece[TEXT_PIECES];
	unsigned pieces;
	unsigned shown;  /* bit i: argument i is used */
	unsigned breaks; /* line breaks */
	bool ascii;      /* all of bytes is ASCII */
};

struct violation {
	enum ftg_rule rule;
	char detail[80]; /* printable ASCII */
};

/* Whether a text places arguments of this kind by %s or %lu. The others have a fixed place outside the text. */
static inline bool
text_places(enum ftg_arg_kind kind)
{
	return kind != FTG_ARG_NONE && kind != FTG_ARG_TAG && kind != FTG_ARG_TIMESTAMP;
}

/* Checks a UTF-8 text for an ID and parses it. Returns false with *violation if it breaks a rule. */
bool text_parse(struct text *text, enum ftg_id id, const char *utf8, size_t len, struct violation *violation);

/*
 * Makes the ASCII form of a parsed text. Returns 1, 0 if there is none in this language, -1 with *violation if the form
 * itself breaks a rule, or -2 if memory is exhausted.
 */
int text_fold(
    struct text *ascii, const struct text *text, enum ftg_id id, const struct tag *tag, struct violation *violation);

/* Whether a character is invisible or changes the direction of writing: bidi controls, zero width, tags. */
bool text_invisible(uint32_t c);

/* The octets of the text with the longest arguments and variables. */
size_t text_worst(const struct text *text, enum ftg_id id);

#endif
