/* The check of one entry: the rules of the catalogue, then warnings. */
#include "lint_entry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum ftg_id
lint_id(po_message_t message)
{
	const char *context = po_message_msgctxt(message);
	enum ftg_id id = context ? ftg_id_find(context) : FTG_IDS;

	/* ftg_id_find() ignores case; the key of a catalogue does not. */
	return id != FTG_IDS && strcmp(ftg_row(id)->id, context) == 0 ? id : FTG_IDS;
}

/* The forms of a text, each followed by a NUL. */
struct forms {
	char *text;
	size_t len;
	unsigned count;
};

static void
forms_add(struct forms *forms, const char *text)
{
	size_t n = strlen(text) + 1;
	char *grown = realloc(forms->text, forms->len + n);

	if (!grown)
		return;
	memcpy(grown + forms->len, text, n);
	forms->text = grown;
	forms->len += n;
	forms->count++;
}

static struct forms
forms_of(po_message_t message)
{
	struct forms forms = { 0 };
	const char *form;

	if (!po_message_msgid_plural(message))
		forms_add(&forms, po_message_msgstr(message));
	else
		for (int i = 0; (form = po_message_msgstr_plural(message, i)); i++)
			forms_add(&forms, form);
	return forms;
}

static bool
is_empty(const struct forms *forms)
{
	for (size_t i = 0; i < forms->len; i++)
		if (forms->text[i])
			return false;
	return true;
}

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

static const char *
language_of(const struct lint *lint)
{
	return lint->language ? lint->language : "";
}

static bool
is_english(const struct lint *lint)
{
	return strncasecmp(language_of(lint), "en", 2) == 0 && !is_alnum(lint->language[2]);
}

static void
check_remarks(struct lint *lint, size_t line, enum ftg_id id, const struct forms *forms)
{
	unsigned remarks = ftg_text_remarks(id, language_of(lint), forms->text, forms->len);
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
	lint->seen[id].no_ascii = remarks & FTG_REMARK_UNFOLDABLE;
	lint->seen[id].faulty = remarks & FTG_REMARK_DROPPED;
}

/* Checks a text that is not empty. */
static void
check_text(struct lint *lint, size_t line, enum ftg_id id, const struct forms *forms)
{
	struct ftg_refusal refusal;

	if (ftg_text_check(id, language_of(lint), forms->text, forms->len, &refusal) != 0) {
		lint_refuse(lint, line, &refusal);
		lint->seen[id].faulty = lint->seen[id].refused = true;
		lint->tally->refused++;
		return;
	}
	lint->tally->translated++;
	check_remarks(lint, line, id, forms);
	if (forms->count == 1)
		check_numbers(lint, line, ftg_row(id), forms->text);
}

static bool
same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool
is_stale(po_message_t message, const struct ftg_row *row)
{
	return !same(po_message_msgid(message), row->text[0]) || !same(po_message_msgid_plural(message), row->text[1]);
}

static void
check_flag(struct lint *lint, po_message_t message, size_t line, const struct ftg_row *row)
{
	bool flag = po_message_is_format(message, "c-format"), wanted = row_directives(row) > 0;

	if (flag != wanted)
		lint_add(lint, line, LINT_WARNING, row->id, REMARK_FLAG, "%s",
		    wanted ? _("the flag c-format is missing")
		           : _("the flag c-format is set for a text without %s or %lu"));
}

static void
refuse(struct lint *lint, size_t line, enum ftg_id id, enum ftg_rule rule, const char *detail)
{
	struct ftg_refusal refusal = { .id = id, .rule = rule, .detail = detail };

	lint_refuse(lint, line, &refusal);
	if (id < FTG_IDS)
		lint->seen[id].faulty = true;
}

static void
check_known(struct lint *lint, po_message_t message, const struct lines_entry *place, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	struct forms forms = forms_of(message);

	lint->seen[id].line = place->text;
	if (is_stale(message, row)) {
		refuse(lint, place->start, id, FTG_RULE_STALE, "the msgid is not the English text of this version");
		lint->tally->stale++;
	} else if (po_message_is_fuzzy(message)) {
		lint_add(lint, place->start, LINT_WARNING, row->id, REMARK_FUZZY, "%s", _("it is marked as fuzzy"));
		lint->tally->stale++;
	} else if (!is_empty(&forms)) {
		check_text(lint, place->text, id, &forms);
		if (!lint->seen[id].refused)
			lint->seen[id].text = po_message_msgstr(message);
	} else if (*row->text[0] && !lint->template && !lint->partial && !is_english(lint)) {
		lint_add(lint, place->text, LINT_WARNING, row->id, REMARK_UNTRANSLATED, "%s", _("it has no text"));
	}
	if (!lint->partial)
		check_flag(lint, message, place->start, row);
	free(forms.text);
}

void
lint_entry(struct lint *lint, po_message_t message, const struct lines_entry *place)
{
	enum ftg_id id = lint_id(message);
	const char *context = po_message_msgctxt(message);
	struct ftg_refusal refusal = { .id = FTG_IDS, .rule = FTG_RULE_UNKNOWN };
	char detail[96];

	if (id != FTG_IDS) {
		lint->seen[id].here = true;
		check_known(lint, message, place, id);
		return;
	}
	if (context)
		snprintf(detail, sizeof detail, "msgctxt \"%.64s\"", context);
	else
		snprintf(detail, sizeof detail, "no msgctxt");
	refusal.detail = detail;
	lint_refuse(lint, place->start, &refusal);
}
