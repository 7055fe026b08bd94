/* The texts of a loaded catalogue, decompiled. */
#include "texts.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/generation.h"

enum { COUNT_MAX = 2000 }; /* the greatest count that is tried */

static const struct entry *
entry_of(const struct ftg_voice *voice, enum ftg_id id)
{
	return language_entry(voice->catalog->language[voice->language],
	    variant_of(voice, voice->catalog, voice->language), voice->encoding, id);
}

unsigned
texts_forms(const struct ftg_voice *voice, enum ftg_id id)
{
	const struct entry *entry = entry_of(voice, id);

	return entry->plural ? entry->plural->forms : 1;
}

bool
texts_count(unsigned long *count, const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	const struct plural *plural = entry_of(voice, id)->plural;

	for (*count = 0; plural && *count <= COUNT_MAX; ++*count)
		if (plural_form(plural, *count) == form)
			return true;
	return false;
}

/* A form, and the beginning of its text, after the code, host name or tag that the compiler has added. */
struct view {
	const struct template *form;
	unsigned first; /* segment */
	size_t skip;    /* octets of it that are not text */
};

/* RFC 5321 4.2: the first word of a 220, 221 or 421 line is the host name; the banner contains its own. */
static bool
has_word_in_front(const struct template *form, const struct ftg_row *row, enum ftg_profile profile)
{
	const char *reply = row->code[profile].reply;

	if (row->args[0] == FTG_ARG_TAG)
		return true;
	return row->args[0] != FTG_ARG_BANNER &&
	    (strcmp(reply, "220") == 0 || strcmp(reply, "221") == 0 || strcmp(reply, "421") == 0) &&
	    form->segments > 2 && form->segment[1].kind == PIECE_VAR;
}

static struct view
view_of(const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	struct view view = { .form = &entry_of(voice, id)->form[form] };

	view.skip = view.form->head;
	if (has_word_in_front(view.form, ftg_row(id), voice->catalog->profile)) {
		view.first = 2;
		view.skip = 1;
	}
	return view;
}

/* A literal of a form without code, host name and reference; NULL if the segment is not a literal. */
static const char *
literal(const struct view *view, unsigned i, size_t *octets)
{
	const struct segment *segment = &view->form->segment[i];
	size_t from = i == view->first ? view->skip : 0;
	size_t to = segment->octets - (i + 1U == view->form->segments ? view->form->tail : 0U);

	if (segment->kind != PIECE_LITERAL)
		return NULL;
	if (from + BIDI_OCTETS <= to && memcmp(segment->bytes + from, ISOLATE, BIDI_OCTETS) == 0)
		from += BIDI_OCTETS;
	if (from + BIDI_OCTETS <= to && memcmp(segment->bytes + to - BIDI_OCTETS, ISOLATE_END, BIDI_OCTETS) == 0)
		to -= BIDI_OCTETS;
	*octets = to > from ? to - from : 0;
	return segment->bytes + from;
}

size_t
texts_literals(
    struct literal literals[TEXTS_LITERALS_MAX], const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	struct view view = view_of(voice, id, form);
	size_t count = 0;

	for (unsigned i = view.first; i < view.form->segments && count < TEXTS_LITERALS_MAX; i++) {
		struct literal *next = &literals[count];

		next->octets = literal(&view, i, &next->len);
		count += next->octets && next->len > 0;
	}
	return count;
}

/* Whether the arguments appear in order, each once: then no directive needs a number. */
static bool
in_order(const struct view *view, const struct ftg_row *row)
{
	const struct template *form = view->form;
	size_t next = 0;

	for (unsigned i = view->first; i < form->segments; i++)
		if (form->segment[i].kind == PIECE_ARG && form->segment[i].index != next++)
			return false;
	return next == row_directives(row);
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
texts_source(char out[TEXTS_MAX], const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	struct view view = view_of(voice, id, form);
	bool numbered = !in_order(&view, ftg_row(id));
	struct writer w = { out, 0 };

	for (unsigned i = view.first; i < view.form->segments; i++) {
		size_t octets;
		const char *bytes = literal(&view, i, &octets);

		if (bytes)
			put_literal(&w, bytes, octets);
		else
			put_hole(&w, &view.form->segment[i], ftg_row(id), numbered);
	}
	return w.len;
}
