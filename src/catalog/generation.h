/* One generation of the catalogue in memory: what the loader builds and the renderer copies. */
#ifndef CATALOG_GENERATION_H
#define CATALOG_GENERATION_H

#include "catalog/arena.h"
#include "catalog/plural.h"
#include "catalog/tag.h"
#include "catalog/text.h"

#include <ftgate/catalog.h>
#include <stdint.h>

/* Literals are copied in pieces of this size, also beyond their end, so that a short one needs no loop. */
enum { LITERAL_PIECE = ARENA_SLACK };

struct segment {
	const char *bytes; /* PIECE_LITERAL; FTG_VAR_HELP: the reference */
	uint16_t octets;   /* its length; for an argument or a variable, the greatest length */
	uint8_t kind;      /* enum piece_kind */
	uint8_t index;     /* of the argument or variable */
	uint8_t arg;       /* PIECE_ARG: enum ftg_arg_kind */
};

/*
 * One form of one text, ready to copy. Code, status and reference are part of the first and last literal; head and tail
 * are the octets of these that are not text.
 */
struct template
{
	const struct segment *segment;
	uint16_t segments;
	uint16_t head;
	uint16_t tail;
	bool
	    shaped; /* can need more than copying: line breaks, a POP3 line that begins with an argument, a timestamp */
	bool isolated; /* ISOLATE precedes the text, and ISOLATE_END the tail */
	bool linked;   /* the text contains ${help} */
};

/* All forms of one text, in one encoding. */
struct entry {
	const struct template *form;
	const struct plural *plural; /* NULL: one form */
	const char *spoken;          /* the tag of the language of the text */
	uint8_t origin;              /* enum ftg_origin */
};

struct language {
	struct tag tag;
	char name[TAG_TEXT];
	const char *preference;            /* the preference that it serves; NULL for a language by its own name */
	const char *spoken[FTG_ENCODINGS]; /* the tag of the language that most of its texts have */
	const struct entry *entry[FTG_ENCODINGS][FTG_IDS];
	bool falls_back[FTG_ENCODINGS][FTG_IDS]; /* the text is in another language than this one */
};

struct ftg_catalog {
	struct arena arena;
	enum ftg_profile profile;
	int languages; /* by their own names; FTG_ENGLISH is the first */
	int all;       /* and those that serve a preference */
	struct language **language;
};

/* Whether the host is added before the text: to 220, 221 and 421 (RFC 5321 4.2), but not to the greeting. */
bool template_has_host(const struct ftg_row *row, enum ftg_profile profile);

/*
 * Compiles the parsed forms of one text into templates for a profile; isolate: it is written from right to left. Returns
 * NULL if memory is exhausted.
 */
const struct template *template_make(struct arena *arena, enum ftg_id id, enum ftg_profile profile,
    const struct text *form, unsigned forms, bool isolate);

#endif
