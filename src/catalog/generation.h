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

enum { ID_WORDS = (FTG_IDS + 63) / 64 };

/*
 * The entries that an audience or a domain has in place of those of a language. Bit i of has: there is one for ID i; they
 * are in the order of encodings and IDs, so that the number of bits before it is its index.
 */
struct variant {
	uint64_t has[FTG_ENCODINGS][ID_WORDS];
	uint64_t falls_back[FTG_ENCODINGS][ID_WORDS]; /* the text is in another language than the one of the table */
	const struct entry **entry;
};

struct language {
	struct tag tag;
	char name[TAG_TEXT];
	const char *preference;            /* the preference that it serves; NULL for a language by its own name */
	const char *spoken[FTG_ENCODINGS]; /* the tag of the language that most of its texts have */
	const struct entry *entry[FTG_ENCODINGS][FTG_IDS];
	bool falls_back[FTG_ENCODINGS][FTG_IDS]; /* the text is in another language than this one */
	const struct variant *users;             /* for users; NULL: as for everyone */
};

/* A domain with own texts. */
struct domain {
	const char *name;
	const struct variant **variant; /* [language * FTG_AUDIENCES + audience]; NULL: as without the domain */
};

struct ftg_catalog {
	struct arena arena;
	enum ftg_profile profile;
	int languages; /* by their own names; FTG_ENGLISH is the first */
	int all;       /* and those that serve a preference */
	struct language **language;
	const struct domain *domain; /* in the order of their names */
	int domains;
};

/* A text that a voice speaks in place of the one of the catalogue. An entry without a form: it has none in this encoding. */
struct ftg_text {
	enum ftg_id id;
	struct entry entry[FTG_ENCODINGS];
	struct arena arena; /* of what follows the struct */
	char memory[];
};

/* The entry of the text of a voice; NULL if it is of another ID, or has none in the encoding of the voice. */
static inline const struct entry *
text_entry(const struct ftg_voice *voice, unsigned id)
{
	const struct ftg_text *text = voice->text;
	return text != NULL && (unsigned)text->id == id && text->entry[voice->encoding].form != NULL
	    ? &text->entry[voice->encoding]
	    : NULL;
}

/* The variant in which a language of a catalogue is spoken in a voice; NULL: the language as it is. */
const struct variant *variant_of(const struct ftg_voice *voice, const struct ftg_catalog *catalog, ftg_lang language);

/* The entry for a reply in a variant, if it is not NULL and has one, else in the language. */
static inline const struct entry *
language_entry(const struct language *language, const struct variant *variant, enum ftg_encoding encoding, unsigned id)
{
	if (variant == NULL || (variant->has[encoding][id / 64] >> id % 64 & 1) == 0)
		return language->entry[encoding][id];
	unsigned before = 0;
	for (unsigned e = 0; e <= encoding; e++)
		for (unsigned i = 0; i < (e == encoding ? id / 64 : ID_WORDS); i++)
			before += (unsigned)__builtin_popcountll(variant->has[e][i]);
	uint64_t below = variant->has[encoding][id / 64] & (((uint64_t)1 << id % 64) - 1);
	return variant->entry[before + (unsigned)__builtin_popcountll(below)];
}

/* Whether the host is added before the text: to 220, 221 and 421 (RFC 5321 4.2), but not to the greeting. */
bool template_has_host(const struct ftg_row *row, enum ftg_profile profile);

/*
 * Compiles the parsed forms of one text into templates for a profile; isolate: it is written from right to left. Returns
 * NULL if memory is exhausted.
 */
const struct template *template_make(struct arena *arena, enum ftg_id id, enum ftg_profile profile,
    const struct text *form, unsigned forms, bool isolate);

#endif
