/* The check of one entry: what is worth a warning, and why an entry has no text. */
#include "lint_entry.h"

#include <string.h>
#include <strings.h>

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

/* Octets of a separate number at text[i], "100" or "5,000"; "%1$s" and "39pwkl" have none. 0: none. */
static size_t
number_at(const char *text, size_t i)
{
	size_t n = 0;

	if (i > 0 && (is_alnum(text[i - 1]) || strchr("%.,", text[i - 1])))
		return 0;
	while ((text[i + n] >= '0' && text[i + n] <= '9') ||
	    (n > 0 && strchr(".,", text[i + n]) && text[i + n] && text[i + n + 1] >= '0' && text[i + n + 1] <= '9'))
		n++;
	return is_alnum(text[i + n]) || text[i + n] == '$' ? 0 : n;
}

static unsigned
count_number(const char *text, const char *number, size_t n)
{
	unsigned count = 0;

	for (size_t i = 0; text[i]; i++)
		count += number_at(text, i) == n && memcmp(text + i, number, n) == 0;
	return count;
}

/* The first number of one text that another has less often; NULL if there is none. */
static const char *
odd_number(const char *one, const char *other, size_t *n)
{
	for (size_t i = 0; one[i]; i++) {
		*n = number_at(one, i);
		if (*n > 0 && count_number(one, one + i, *n) != count_number(other, one + i, *n))
			return one + i;
	}
	return NULL;
}

static void
check_numbers(struct lint *lint, size_t line, const struct ftg_row *row, const char *text)
{
	size_t n;
	const char *number;

	if ((number = odd_number(text, row->text[0], &n)))
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_NUMBER,
		    _("a number is not in the English text: %.*s"), (int)n, number);
	else if ((number = odd_number(row->text[0], text, &n)))
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_NUMBER,
		    _("a number of the English text is missing: %.*s"), (int)n, number);
}

/* Whether the English text has words, and not only directives and names: four letters in a row. */
static bool
has_words(const char *text)
{
	size_t letters = 0;

	for (; *text; text++) {
		if (*text == '%')
			text += strcspn(text, "su") < 4 ? strcspn(text, "su") : 0;
		else
			letters += is_alnum(*text);
	}
	return letters >= 4;
}

static bool
is_english(const struct lint *lint)
{
	const char *language = lint_language(lint);

	return strncasecmp(language, "en", 2) == 0 && !is_alnum(language[2]);
}

static void
check_remarks(struct lint *lint, size_t line, enum ftg_id id, const struct po_entry *entry)
{
	/* A form of a text ends with a NUL. */
	unsigned remarks = ftg_text_remarks(
	    id, lint_language(lint), lint->plural_forms, entry->text.bytes, entry->text.len + 1);
	const struct ftg_row *row = ftg_row(id);

	if (remarks & FTG_REMARK_DROPPED)
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_DROPPED, "%s", _("an argument is not shown"));
	if (remarks & FTG_REMARK_LONG)
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_LONG,
		    row->service == FTG_POP3
		        ? _("with the longest arguments it is cut; %zu octets fit")
		        : _("with the longest arguments it needs a second line; %zu octets fit on one"),
		    ftg_text_room(id));
	if (remarks & FTG_REMARK_SPACE)
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_SPACE, "%s", _("it begins or ends with a space"));
	if ((remarks & FTG_REMARK_SAME) && !is_english(lint) && has_words(row->text[0]))
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_SAME, "%s", _("it is the English text"));
	lint->seen[lint->audience][id].faulty = remarks & FTG_REMARK_DROPPED;
	if (remarks & FTG_REMARK_UNFOLDABLE)
		for (size_t at = 0; at < entry->text.len; at += strlen(entry->text.bytes + at) + 1)
			lint_lost(lint, id, entry->text.bytes + at);
}

/* Checks a text that a server accepts. */
static void
check_text(struct lint *lint, size_t line, const struct po_entry *entry)
{
	enum ftg_id id = entry->id;
	const char *form = entry->text.bytes;
	unsigned told = 0;

	lint->tally->translated++;
	lint->seen[lint->audience][id].text = form;
	check_remarks(lint, line, id, entry);
	if (entry->forms == 1)
		check_numbers(lint, line, ftg_row(id), form);
	for (unsigned i = 0; i < entry->forms; i++, form += strlen(form) + 1)
		lint_words(lint, line, id, i, form, &told);
}

static void
check_flag(struct lint *lint, const struct po_entry *entry, size_t line)
{
	const struct ftg_row *row = ftg_row(entry->id);
	bool flag = po_message_is_format(entry->message, "c-format"), wanted = row_directives(row) > 0;

	if (flag != wanted)
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_FLAG, "%s",
		    wanted ? _("the flag c-format is missing")
		           : _("the flag c-format is set for a text without %s or %lu"));
}

/* Reports why msgfmt leaves the entry out, so that a server has no text for it. */
static void
check_left_out(struct lint *lint, const struct po_entry *entry, const struct po_place *place)
{
	const struct ftg_row *row = ftg_row(entry->id);
	static const struct ftg_refusal stale = {
		.id = FTG_IDS,
		.rule = FTG_RULE_STALE,
		.detail = "the msgid is not the English text of this version",
	};
	struct ftg_refusal refusal = stale;

	refusal.id = entry->id;
	refusal.audience = entry->audience;
	if (entry->stale) {
		lint_refuse(lint, place->start, LINT_WARNING, &refusal);
		lint->tally->stale++;
	} else if (po_message_is_fuzzy(entry->message)) {
		lint_add(lint, place->start, LINT_WARNING, row->id, REMARK_FUZZY, "%s", _("it is marked as fuzzy"));
		lint->tally->stale++;
	} else if (!po_entry_is_empty(entry)) {
		lint_add(lint, place->text, LINT_ERROR, row->id, REMARK_INCOMPLETE, "%s",
		    _("its first plural form has no text, so that msgfmt leaves it out"));
		lint->tally->refused++;
	} else if (*row->text[0] && !lint->template && !lint->options.partial && !is_english(lint)) {
		lint_add(lint, place->text, LINT_WARNING, row->id, REMARK_UNTRANSLATED, "%s", _("it has no text"));
	}
}

static void
check_known(struct lint *lint, const struct po_entry *entry, const struct po_place *place)
{
	struct seen *seen = &lint->seen[lint->audience][entry->id];

	seen->here = true;
	if (!seen->text)
		seen->line = place->text;
	if (!entry->compiled)
		check_left_out(lint, entry, place);
	else if (!entry->refused)
		check_text(lint, place->text, entry);
	else
		*(entry->stale ? &lint->tally->stale : &lint->tally->refused) += 1;
	if (!lint->own)
		check_flag(lint, entry, place->start);
}

void
lint_entry(struct lint *lint, const struct po_entry *entry, const struct po_place *place)
{
	const char *context = po_message_msgctxt(entry->message);
	struct ftg_refusal refusal = { .id = FTG_IDS, .rule = FTG_RULE_UNKNOWN };

	if (entry->id != FTG_IDS) {
		lint->audience = entry->audience;
		check_known(lint, entry, place);
		lint->audience = FTG_EVERYONE;
	} else if (!entry->compiled) {
		refusal.detail = context ? context : "an entry with no msgctxt";
		lint_refuse(lint, place->start, LINT_WARNING, &refusal);
	}
}
