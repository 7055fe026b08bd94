/* The findings of a check: collected, then printed in the order of lines. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"

static const struct {
	const char *name;
	const char *cure;
} remarks[REMARKS] = {
	[REMARK_MSGFMT] = { "msgfmt", "" },
	[REMARK_HEADER] = { "header", N_("Add this field to the header.") },
	[REMARK_LANGUAGE] = { "language", N_("Add the language to the header, as 'Language: de'.") },
	[REMARK_DOMAIN] = { "domain", N_("Remove the domain lines: a file has one catalogue.") },
	[REMARK_MISSING] = { "missing", N_("Run scripts/update-po, or msgmerge with ftgate.pot.") },
	[REMARK_UNTRANSLATED] = { "untranslated", N_("Write a text; until then the English one is sent.") },
	[REMARK_FUZZY] = { "fuzzy", N_("Check the text and remove the fuzzy mark; until then the text is not used.") },
	[REMARK_FLAG] = { "flag", N_("Run scripts/update-po: the flag c-format belongs to texts with %s or %lu.") },
	[REMARK_NUMBER] = { "number", N_("Check that the number is right.") },
	[REMARK_DROPPED] = { "dropped", N_("Show every argument, unless it is left out on purpose.") },
	[REMARK_ASCII] = { "ascii", N_("Use letters that have an ASCII form, or add a ll@latin.po for the language.") },
	[REMARK_LONG] = { "long", N_("Shorten the text.") },
	[REMARK_SPACE] = { "space", N_("Remove the space at its beginning or end.") },
	[REMARK_SAME] = { "same", N_("Translate it.") },
	[REMARK_ALIKE] = { "alike",
	    N_("Give them the same text: a difference discloses to strangers which accounts exist.") },
};

/* Takes ownership of the strings of a finding. Without memory it is counted but not printed. */
static void
add(struct lint *lint, const struct finding *finding)
{
	if (lint->count == lint->room) {
		size_t room = lint->room > 0 ? lint->room * 2 : 64;
		struct finding *grown = reallocarray(lint->findings, room, sizeof *grown);

		if (!grown) {
			free(finding->id);
			free(finding->what);
			return;
		}
		lint->findings = grown;
		lint->room = room;
	}
	lint->findings[lint->count++] = *finding;
}

/* Counts a finding. Returns whether it is also printed. */
static bool
count(struct lint *lint, enum severity severity)
{
	lint->tally->errors += severity == LINT_ERROR;
	lint->tally->warnings += severity == LINT_WARNING;
	return !lint->quiet && lint->count < LINT_FINDINGS_MAX;
}

void
lint_add(
    struct lint *lint, size_t line, enum severity severity, const char *id, enum remark remark, const char *what, ...)
{
	struct finding finding = { line, severity, NULL, remarks[remark].name, remarks[remark].cure, NULL };
	va_list ap;

	if (!count(lint, severity))
		return;
	va_start(ap, what);
	if (vasprintf(&finding.what, what, ap) < 0)
		finding.what = NULL;
	va_end(ap);
	finding.id = strdup(id);
	add(lint, &finding);
}

void
lint_refuse(struct lint *lint, size_t line, const struct ftg_refusal *refusal)
{
	const char *id = refusal->id < FTG_IDS ? ftg_row(refusal->id)->id : "-";
	struct finding finding = { .line = line, .severity = LINT_ERROR };

	if (!count(lint, LINT_ERROR))
		return;
	finding.rule = ftg_rule_name(refusal->rule);
	finding.cure = ftg_rule_cure(refusal->rule);
	finding.id = strdup(id);
	finding.what = strdup(refusal->detail ? refusal->detail : "");
	add(lint, &finding);
}

static int
by_line(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

static void
print_finding(const struct lint *lint, const struct finding *f)
{
	/* Editors and scripts parse these: never translated. */
	static const char *const severities[] = { "error", "warning", "note" };

	printable_write(stdout, lint->path, strlen(lint->path));
	if (f->line > 0)
		printf(":%zu", f->line);
	printf(": %s: ", severities[f->severity]);
	printable_write(stdout, f->id ? f->id : "-", f->id ? strlen(f->id) : 1);
	printf(": %s: ", f->rule);
	printable_write(stdout, f->what ? f->what : "", f->what ? strlen(f->what) : 0);
	printf("%s%s\n", *f->cure ? ". " : "", *f->cure ? _(f->cure) : "");
}

void
lint_report(struct lint *lint)
{
	if (lint->count > 1)
		qsort(lint->findings, lint->count, sizeof *lint->findings, by_line);
	for (size_t i = 0; i < lint->count; i++) {
		print_finding(lint, &lint->findings[i]);
		free(lint->findings[i].id);
		free(lint->findings[i].what);
	}
	free(lint->findings);
	lint->findings = NULL;
	lint->count = lint->room = 0;
	lint->tally->done = true;
	fflush(stdout);
}
