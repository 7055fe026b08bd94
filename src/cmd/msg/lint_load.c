/* The check of a .po by the code that a server runs: it is compiled in memory and loaded. */
#include "lint_load.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct load {
	struct lint *lint;
	struct po_entries *entries;
	const struct po_place *places;
	size_t *order; /* the indexes of the compiled entries, by key: a load reads them in this order */
	size_t count;
};

static const struct po_entries *ordered; /* for by_key(), which has no context argument */

static int
by_key(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return strcmp(ordered->entry[*x].key.bytes, ordered->entry[*y].key.bytes);
}

static bool
put_in_order(struct load *load)
{
	load->order = calloc(load->entries->count + 1, sizeof *load->order);
	for (size_t i = 0; load->order && i < load->entries->count; i++)
		if (load->entries->entry[i].compiled)
			load->order[load->count++] = i;
	ordered = load->entries;
	if (load->count > 0)
		qsort(load->order, load->count, sizeof *load->order, by_key);
	return load->order;
}

/* The entry that a refusal is about: of those with its ID that have not been refused, the first by key. */
static size_t
find(const struct load *load, const struct ftg_refusal *refusal)
{
	for (size_t i = 0; i < load->count; i++) {
		const struct po_entry *entry = &load->entries->entry[load->order[i]];

		if (!entry->header && !entry->refused && entry->id == refusal->id &&
		    entry->audience == refusal->audience && entry->stale == (refusal->rule == FTG_RULE_STALE))
			return load->order[i];
	}
	return load->entries->count;
}

/* Nothing of the file is used. */
static void
refuse_all(struct load *load)
{
	load->lint->tally->read = false;
	for (size_t i = 0; i < load->entries->count; i++)
		load->entries->entry[i].refused = true;
}

static void
on_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct load *load = context;
	size_t i = refusal->whole_file ? load->entries->count : find(load, refusal);
	const struct po_place *place = i < load->entries->count ? &load->places[i] : NULL;
	bool of_entry = refusal->rule == FTG_RULE_STALE || refusal->rule == FTG_RULE_UNKNOWN;

	lint_refuse(load->lint, !place ? 1 : of_entry ? place->start : place->text, LINT_ERROR, refusal);
	if (refusal->whole_file)
		refuse_all(load);
	else if (place)
		load->entries->entry[i].refused = true;
	if (refusal->id < FTG_IDS)
		load->lint->seen[refusal->audience][refusal->id].faulty = true;
}

/* Whether a form begins or ends with a line break and the msgid does not, or the reverse. */
static bool
breaks_differ(const struct po_entry *entry)
{
	const char *id = po_message_msgid(entry->message), *form = entry->text.bytes;
	size_t len = strlen(id);

	for (unsigned i = 0; i < entry->forms; i++, form += strlen(form) + 1) {
		size_t n = strlen(form);

		if ((*id == '\n') != (*form == '\n') ||
		    (len > 0 && id[len - 1] == '\n') != (n > 0 && form[n - 1] == '\n'))
			return true;
	}
	return false;
}

/* msgfmt compiles nothing of a file with such a text, so that a server never sees the file. */
static void
check_breaks(struct lint *lint, const struct po_entries *entries, const struct po_place *places)
{
	for (size_t i = 0; i < entries->count; i++) {
		const struct po_entry *entry = &entries->entry[i];

		if (entry->compiled && !entry->header && breaks_differ(entry))
			lint_add(lint, places[i].text, LINT_ERROR, entry->id < FTG_IDS ? ftg_row(entry->id)->id : "-",
			    REMARK_MSGFMT, "%s",
			    _("with a line break at its beginning or end msgfmt compiles no text"));
	}
}

void
lint_load(struct lint *lint, struct po_entries *entries, const struct po_place *places)
{
	struct load load = { lint, entries, places, NULL, 0 };
	static const struct ftg_refusal too_large = {
		.whole_file = true,
		.id = FTG_IDS,
		.rule = FTG_RULE_FILE,
		.detail = "more entries or octets than a server reads",
	};
	struct ftg_compiled compiled = { .file = lint->path, .language = lint_language(lint), .own = lint->own };
	char *octets = po_entries_compile(entries, &compiled.len);

	compiled.octets = octets;
	if (!octets && errno == EFBIG)
		on_refusal(&load, &too_large);
	else if (!octets || !put_in_order(&load) || ftg_catalog_check_compiled(&compiled, on_refusal, &load) < 0)
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	check_breaks(lint, entries, places);
	free(load.order);
	free(octets);
}
