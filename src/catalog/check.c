/* Checks one text as loading a catalogue would, for tools. */
#include "catalog/generation.h"

#include <stdio.h>
#include <string.h>

static bool
tag_or_english(struct tag *tag, const char *language)
{
	return tag_parse(tag, language, strnlen(language, FTG_TAG_MAX)) || tag_parse(tag, "en", 2);
}

/* Checks the nth form of a text, from 0. */
static bool
check_form(enum ftg_id id, const struct tag *tag, unsigned n, const char *form, size_t len, struct violation *violation)
{
	struct text utf8, ascii;
	if (n > 0 && ftg_row(id)->text[1] == NULL) {
		violation->rule = FTG_RULE_CONTROL;
		snprintf(violation->detail, sizeof(violation->detail), "U+0000");
		return false;
	}
	if (len == 0) {
		violation->rule = FTG_RULE_EMPTY;
		snprintf(violation->detail, sizeof(violation->detail), "a form without a text");
		return false;
	}
	return text_parse(&utf8, id, form, len, violation) && text_fold(&ascii, &utf8, id, tag, violation) != -1;
}

int
ftg_text_check(enum ftg_id id, const char *language, const char *text, size_t len, struct ftg_refusal *refusal)
{
	static _Thread_local struct violation violation;
	struct tag tag;
	unsigned n = 0;
	(void)tag_or_english(&tag, language);
	for (const char *at = text, *end = text + len; at < end; n++) {
		size_t octets = strnlen(at, (size_t)(end - at));
		if (!check_form(id, &tag, n, at, octets, &violation)) {
			*refusal = (struct ftg_refusal) {
				.language = language, .id = id, .rule = violation.rule, .detail = violation.detail
			};
			return -1;
		}
		at += octets + 1;
	}
	return 0;
}

static bool
is_reason(const struct ftg_row *row)
{
	return row->service == FTG_MAILBOX || row->service == FTG_SECPOL;
}

/* Octets of code, status, host or tag, reference, timestamp and line end, in the profile in which they are longest. */
static size_t
frame_of(const struct ftg_row *row)
{
	size_t longest = 0;
	for (unsigned profile = 0; profile < FTG_PROFILES; profile++) {
		const struct ftg_code *code = &row->code[profile];
		size_t frame = strlen(code->reply) + (code->reply[0] != '\0') + strlen(code->status) +
		    (code->status[0] != '\0');
		if (template_has_host(row, (enum ftg_profile)profile))
			frame += TEXT_VAR_MAX + 1;
		if (row->args[0] == FTG_ARG_TAG)
			frame += ftg_arg_max(FTG_ARG_TAG) + 1;
		if (row->args[1] == FTG_ARG_TIMESTAMP)
			frame += ftg_arg_max(FTG_ARG_TIMESTAMP) + 1;
		longest = frame > longest ? frame : longest;
	}
	return longest + strlen(is_reason(row) ? " " LEFT_MARK "(#m.nn)" : " (#m.nn)\r\n");
}

size_t
ftg_text_room(enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	if (row->service == FTG_DSN)
		return TEXT_MAX;
	size_t line = is_reason(row) ? ftg_arg_max(FTG_ARG_REASON) : FTG_LINE_MAX;
	size_t taken = frame_of(row);
	for (unsigned i = 0; i < FTG_ARGS_MAX; i++) {
		if (text_places(row->args[i]))
			taken += ftg_arg_max(row->args[i]);
	}
	return taken < line ? line - taken : 0;
}

/* Octets of the controls around a text. */
static size_t
isolate_of(const struct text *text, const struct tag *tag)
{
	return !text->ascii && tag_is_rtl(tag) ? 3 * BIDI_OCTETS : 0;
}

/* Whether a form need not show the count that chooses it, as gettext permits: it is that of one number only. */
static bool
implies_count(const struct plural *plural, enum ftg_id id, unsigned form)
{
	return ftg_row(id)->text[1] != NULL && plural_is_single(plural, form);
}

/* Whether an argument of the table is missing. Of two counts the first chooses the form. */
static bool
drops_argument(const struct text *text, enum ftg_id id, bool count_implied)
{
	const struct ftg_row *row = ftg_row(id);
	bool chooses = count_implied;
	for (unsigned i = 0; i < FTG_ARGS_MAX; i++) {
		bool implied = chooses && row->args[i] == FTG_ARG_COUNT;
		if (text_places(row->args[i]) && !(text->shown & 1u << i) && !implied)
			return true;
		chooses = chooses && row->args[i] != FTG_ARG_COUNT;
	}
	return false;
}

static unsigned
remarks_of(const struct text *text, const struct text *ascii, bool folds, enum ftg_id id, const struct tag *tag)
{
	const struct ftg_row *row = ftg_row(id);
	bool dsn = row->service == FTG_DSN; /* never sent as ASCII, nor as a line */
	unsigned remarks = folds || dsn ? 0 : FTG_REMARK_UNFOLDABLE;
	const struct text *longer = folds && ascii->used > text->used ? ascii : text;
	/* SMTP sends a text without ASCII form only to clients of XLANG, which a second line does not harm. */
	bool line = row->service != FTG_DSN && (folds || row->service != FTG_SMTP);
	if (line && text_worst(longer, id) + frame_of(row) + isolate_of(longer, tag) > FTG_LINE_MAX)
		remarks |= FTG_REMARK_LONG;
	return remarks;
}

static bool
is_same(const char *text, size_t len, const char *english)
{
	return english != NULL && len == strlen(english) && memcmp(text, english, len) == 0;
}

unsigned
ftg_text_remarks(enum ftg_id id, const char *language, const char *plural_forms, const char *text, size_t len)
{
	static _Thread_local struct plural plural;
	unsigned remarks = 0, form = 0;
	const char *const *english = ftg_row(id)->text;
	struct text utf8, ascii;
	struct violation violation;
	struct tag tag;
	(void)tag_or_english(&tag, language);
	if (plural_forms == NULL || !plural_parse(&plural, plural_forms, strlen(plural_forms)))
		plural = *plural_default();
	for (const char *at = text, *end = text + len; at < end; form++) {
		size_t octets = strnlen(at, (size_t)(end - at));
		if (!text_parse(&utf8, id, at, octets, &violation))
			return remarks;
		bool folds = text_fold(&ascii, &utf8, id, &tag, &violation) == 1;
		remarks |= remarks_of(&utf8, &ascii, folds, id, &tag);
		remarks |= drops_argument(&utf8, id, implies_count(&plural, id, form)) ? FTG_REMARK_DROPPED : 0;
		if (octets > 0 && (at[0] == ' ' || at[octets - 1] == ' '))
			remarks |= FTG_REMARK_SPACE;
		if (octets > 0 && (is_same(at, octets, english[0]) || is_same(at, octets, english[1])))
			remarks |= FTG_REMARK_SAME;
		at += octets + 1;
	}
	return remarks;
}
