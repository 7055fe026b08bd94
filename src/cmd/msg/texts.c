/* The texts of a loaded catalogue, taken apart again. */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/generation.h"

static const struct entry *
entry_of(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	return &catalog->language[language]->entry[encoding][id];
}

unsigned
texts_forms(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id)
{
	const struct entry *entry = entry_of(catalog, language, encoding, id);

	return entry->plural ? entry->plural->forms : 1;
}

/* The host name that the compiler put in front (RFC 5321 4.2): segments that are no part of the text. */
static unsigned
host_segments(const struct template *form, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	const char *reply = row->code[FTG_PUBLISHED].reply;

	if (row->args[0] == FTG_ARG_BANNER ||
	    (strcmp(reply, "220") != 0 && strcmp(reply, "221") != 0 && strcmp(reply, "421") != 0))
		return 0;
	return form->segments > 1 && form->segment[1].kind == PIECE_VAR ? 2 : 0;
}

/* A literal of a form without code, host name and reference. */
static const char *
literal(const struct template *form, enum ftg_id id, unsigned i, size_t *octets)
{
	const struct segment *segment = &form->segment[i];
	unsigned first = host_segments(form, id);
	size_t from = i == 0 ? form->head : first > 0 && i == first ? 1 : 0;
	size_t to = segment->octets - (i + 1U == form->segments ? form->tail : 0U);

	*octets = to > from && (i == 0 || i >= first) ? to - from : 0;
	return segment->bytes + from;
}

size_t
texts_longest(const char **part, const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding,
    enum ftg_id id, unsigned form_number)
{
	const struct template *form = &entry_of(catalog, language, encoding, id)->form[form_number];
	size_t best = 0;

	for (unsigned i = 0; i < form->segments; i++) {
		size_t octets = 0;
		const char *bytes = form->segment[i].kind == PIECE_LITERAL ? literal(form, id, i, &octets) : NULL;

		if (octets > best) {
			best = octets;
			*part = bytes;
		}
	}
	return best;
}

/* Are the arguments shown one after another, each once? Then no directive needs a number. */
static bool
in_order(const struct template *form, const struct ftg_row *row)
{
	size_t next = 0;

	for (unsigned i = 0; i < form->segments; i++)
		if (form->segment[i].kind == PIECE_ARG && form->segment[i].index != next++)
			return false;
	return next == row_arity(row);
}

struct writer {
	char *out;
	size_t len;
};

static void
put(struct writer *w, const char *text, size_t n)
{
	if (n > TEXTS_MAX - w->len)
		n = TEXTS_MAX - w->len;
	memcpy(w->out + w->len, text, n);
	w->len += n;
}

static void
put_literal(struct writer *w, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put(w, text[i] == '%' ? "%%" : &text[i], text[i] == '%' ? 2 : 1);
}

static void
put_hole(struct writer *w, const struct segment *segment, const struct ftg_row *row, bool numbered)
{
	char hole[64], number[8] = "";

	if (numbered)
		snprintf(number, sizeof number, "%u$", segment->index + 1U);
	if (segment->kind == PIECE_VAR)
		snprintf(hole, sizeof hole, "${%s}", ftg_var_name((enum ftg_var)segment->index));
	else
		snprintf(hole, sizeof hole, "%%%s%s", number, row->args[segment->index] == FTG_ARG_COUNT ? "lu" : "s");
	put(w, hole, strlen(hole));
}

size_t
texts_source(char out[TEXTS_MAX], const ftg_catalog *catalog, ftg_lang language, enum ftg_id id, unsigned form_number)
{
	const struct template *form = &entry_of(catalog, language, FTG_UTF8, id)->form[form_number];
	bool numbered = !in_order(form, ftg_row(id));
	struct writer w = { out, 0 };

	for (unsigned i = 0; i < form->segments; i++) {
		size_t octets = 0;
		const char *bytes = form->segment[i].kind == PIECE_LITERAL ? literal(form, id, i, &octets) : NULL;

		if (bytes)
			put_literal(&w, bytes, octets);
		else if (i > 1 || host_segments(form, id) == 0)
			put_hole(&w, &form->segment[i], ftg_row(id), numbered);
	}
	return w.len;
}
