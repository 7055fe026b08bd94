/* One generation of the catalogue in memory: what the loader builds and the renderer copies. */
#ifndef CATALOG_GENERATION_H
#define CATALOG_GENERATION_H

#include "catalog/arena.h"
#include "catalog/plural.h"
#include "catalog/tag.h"
#include "catalog/text.h"

#include <ftgate/catalog.h>
#include <stdint.h>

/* Literals are copied in pieces of this size, so that a short one takes no loop. What is behind them is copied, too. */
enum { LITERAL_PIECE = ARENA_SLACK };

struct segment {
	const char *bytes; /* PIECE_LITERAL */
	uint16_t octets;   /* its length; of an argument or a variable, the most that it may take */
	uint8_t kind;      /* enum piece_kind */
	uint8_t index;     /* of the argument or variable */
	uint8_t arg;       /* PIECE_ARG: enum ftg_arg_kind */
};

/*
 * One form of one text, ready to copy: code, status and reference are part of its first and last literal. head and
 * tail tell how much of those is not text.
 */
struct template
{
	const struct segment *segment;
	uint16_t segments;
	uint16_t head;
	uint16_t tail;
	bool
	    shaped; /* may need more than copying: line breaks, a POP3 line that begins with an argument, a timestamp */
};

/* All forms of one text. */
struct entry {
	const struct template *form;
	const struct plural *plural; /* NULL: one form */
	uint8_t origin;              /* enum ftg_origin */
};

struct language {
	struct tag tag;
	char name[TAG_TEXT];
	const char *preference; /* the priority list that it serves; NULL for a language by its own name */
	struct entry entry[FTG_ENCODINGS][FTG_IDS];
};

struct ftg_catalog {
	struct arena arena;
	enum ftg_profile profile;
	int languages; /* by their own names; FTG_ENGLISH is the first */
	int all;       /* and those that serve a preference */
	struct language **language;
};

/* RFC 5321 4.2: the first word of a 220, 221 or 421 line is the host; the greeting's argument begins with it. */
bool template_has_host(const struct ftg_row *row, enum ftg_profile profile);

/*
 * Compiles parsed texts, the forms of one reply, into templates under a profile. NULL when memory is out.
 */
const struct template *template_make(
    struct arena *arena, enum ftg_id id, enum ftg_profile profile, const struct text *form, unsigned forms);

#endif
