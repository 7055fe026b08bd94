/* The findings of a check: collected, then printed, errors first, in the order of lines. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "language_table.h"
#include "lint.h"

/* In a cure, {language} stands for the language of the file; before a modifier, without its region. */
static const char placeholder[] = "{language}";

static const struct {
	const char *name;
	const char *cure;
} remarks[REMARKS] = {
	[REMARK_MSGFMT] = { "msgfmt", "" },
	[REMARK_HEADER] = { "header", N_("Add this field to the header.") },
	[REMARK_BOM] = { "bom", N_("Save the file as UTF-8 without a byte order mark (BOM).") },
	[REMARK_PLACEHOLDER] = { "placeholder", N_("Fill it in; 'ftgate-msg new {language}' prints a header.") },
	[REMARK_LANGUAGE] = { "language", N_("Write the language into the header: 'Language: {language}'.") },
	[REMARK_DOMAIN] = { "domain", N_("Remove the domain lines: a file has one catalogue.") },
	[REMARK_MISSING] = { "missing", N_("Run scripts/update-po, or msgmerge with ftgate.pot.") },
	[REMARK_PROGRESS] = { "missing", N_("The others are sent in English.") },
	[REMARK_UNTRANSLATED] = { "untranslated", N_("Write a text; until then the English one is sent.") },
	[REMARK_INCOMPLETE] = { "incomplete", N_("Write a text for each plural form.") },
	[REMARK_FUZZY] = { "fuzzy", N_("Check the text and remove the fuzzy mark; until then the text is not used.") },
	[REMARK_FLAG] = { "flag", N_("Run scripts/update-po: the flag c-format belongs to texts with %s or %lu.") },
	[REMARK_NUMBER] = { "number", N_("Check that the number is right.") },
	[REMARK_DROPPED] = { "dropped", N_("Show every argument, unless it is left out on purpose.") },
	[REMARK_ASCII] = { "ascii", N_("Use another character.") },
	[REMARK_SCRIPT] = { "ascii", N_("{language}@latin.po can hold the texts in Latin letters.") },
	[REMARK_ENGLISH] = { "ascii", N_("Nothing to do: readers of this script do not expect it in Latin letters.") },
	[REMARK_LONG] = { "long", N_("Shorten the text.") },
	[REMARK_SPACE] = { "space", N_("Remove the space at its beginning or end.") },
	[REMARK_SAME] = { "same", N_("Translate it.") },
	[REMARK_ALIKE] = { "alike",
	    N_("Give them the same text: a difference discloses to strangers which accounts exist.") },
	[REMARK_BREAK] = { "break", N_("Write the text on one line; a line break is for operators' own texts.") },
	[REMARK_OPERATOR] = { "operator", N_("Leave it out: variables are for operators' own texts.") },
	[REMARK_HOSTNAME] = { "hostname", N_("Leave it out.") },
	[REMARK_KEYWORD] = { "keyword", N_("Do not translate commands, header fields and names of protocols.") },
	[REMARK_STOP] = { "stop", N_("End the text as the English one ends.") },
	[REMARK_HTML] = { "html", N_("Write the character itself.") },
	[REMARK_DOUBLED] = { "doubled", N_("Remove one of the two, unless the language needs both.") },
	[REMARK_INVISIBLE] = { "invisible", N_("Remove it.") },
};

static void
free_finding(const struct finding *finding)
{
	free(finding->id);
	free(finding->cure);
	free(finding->what);
}

/* A cure, which the caller frees: translated, and about the language of the file. */
static char *
cure_of(const struct lint *lint, const char *cure)
{
	const char *text = *cure ? _(cure) : "", *gap = strstr(text, placeholder);
	const char *language = *lint_language(lint) ? lint_language(lint) : "de";
	const char *behind = gap ? gap + strlen(placeholder) : "";
	int len = (int)(*behind == '@' ? strcspn(language, "_@.") : strlen(language));
	char *made = NULL;

	if (!gap)
		return strdup(text);
	if (asprintf(&made, "%.*s%.*s%s", (int)(gap - text), text, len, language, behind) < 0)
		made = NULL;
	return made;
}

/* The same for a rule of the catalogue; for that of plurals with the line that the language needs. */
static char *
cure_of_rule(const struct lint *lint, enum ftg_rule rule)
{
	const struct language_row *row = rule == FTG_RULE_PLURALS ? language_find(lint_language(lint)) : NULL;
	const char *cure = _(ftg_rule_cure(rule));
	char *made = NULL;

	if (!row)
		return strdup(cure);
	if (asprintf(&made, "%s Plural-Forms: %s", cure, row->plural_forms) < 0)
		made = NULL;
	return made;
}

/* Takes ownership of the strings of a finding. Without memory it is counted but not printed. */
static void
add(struct lint *lint, const struct finding *finding)
{
	if (lint->count == lint->room) {
		size_t room = lint->room > 0 ? lint->room * 2 : 64;
		struct finding *grown = reallocarray(lint->findings, room, sizeof *grown);

		if (!grown) {
			free_finding(finding);
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
	return !lint->options.quiet && lint->count < LINT_FINDINGS_MAX;
}

/* The name of an entry in findings: "ID|user" if it is for users. */
static char *
name_of(const char *id, enum ftg_audience audience)
{
	char *name = NULL;

	if (audience == FTG_EVERYONE || strcmp(id, "-") == 0)
		return strdup(id);
	return asprintf(&name, "%s|user", id) < 0 ? NULL : name;
}

void
lint_add(
    struct lint *lint, size_t line, enum severity severity, const char *id, enum remark remark, const char *what, ...)
{
	struct finding finding = { line, severity, NULL, remarks[remark].name, NULL, NULL };
	va_list ap;

	if (!count(lint, severity))
		return;
	va_start(ap, what);
	if (vasprintf(&finding.what, what, ap) < 0)
		finding.what = NULL;
	va_end(ap);
	finding.id = name_of(id, lint->audience);
	finding.cure = cure_of(lint, remarks[remark].cure);
	add(lint, &finding);
}

void
lint_refuse(struct lint *lint, size_t line, enum severity severity, const struct ftg_refusal *refusal)
{
	const char *id = refusal->id < FTG_IDS ? ftg_row(refusal->id)->id : "-";
	struct finding finding = { .line = line, .severity = severity };

	if (!count(lint, severity))
		return;
	finding.rule = ftg_rule_name(refusal->rule);
	finding.cure = cure_of_rule(lint, refusal->rule);
	finding.id = name_of(id, refusal->audience);
	finding.what = strdup(refusal->detail ? refusal->detail : "");
	add(lint, &finding);
}

static int
by_severity_and_line(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->severity != y->severity)
		return x->severity < y->severity ? -1 : 1;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Editors and scripts parse these: never translated. */
static const char *const severities[] = { "error", "warning", "note" };

static const char *
string_of(const char *text)
{
	return text ? text : "";
}

static void
put(const char *text)
{
	printable_write(stdout, text, strlen(text));
}

static void
print_text(const struct lint *lint, const struct finding *f)
{
	put(lint->path);
	if (f->line > 0)
		printf(":%zu", f->line);
	printf(": %s: ", severities[f->severity]);
	put(string_of(f->id));
	printf(": %s: ", f->rule);
	put(string_of(f->what));
	if (f->cure && *f->cure)
		printf(". %s", f->cure);
	putchar('\n');
}

static void
print_member(const char *name, const char *text)
{
	printf(",\"%s\":", name);
	print_json(text);
}

static void
print_object(const struct lint *lint, const struct finding *f)
{
	bool first = !lint->options.continued && lint->tally->printed == 0;

	printf("%s{\"file\":", first ? "" : ",\n");
	print_json(lint->path);
	printf(",\"line\":%zu", f->line);
	print_member("severity", severities[f->severity]);
	print_member("id", f->id && strcmp(f->id, "-") != 0 ? f->id : NULL);
	print_member("rule", f->rule);
	print_member("what", f->what);
	print_member("cure", f->cure && *f->cure ? f->cure : NULL);
	printf("}");
}

static const struct column columns[] = {
	{ .name = "file" },
	{ .name = "line", .type = CELL_NUMBER },
	{ .name = "severity" },
	{ .name = "id" },
	{ .name = "rule" },
	{ .name = "what" },
	{ .name = "cure" },
};

static struct table *
open_csv(bool has_names)
{
	return table_open(&(struct table_options) { .columns = columns,
	    .count = sizeof columns / sizeof *columns,
	    .format = OUTPUT_CSV,
	    .has_names = has_names });
}

void
lint_print_names(void)
{
	table_close(open_csv(false));
}

/* Without memory for a row it is not printed, as a finding is not. */
static void
print_row(const struct lint *lint, const struct finding *f)
{
	struct table *table = open_csv(true);

	table_text(table, lint->path);
	table_number(table, f->line);
	table_text(table, severities[f->severity]);
	table_text(table, f->id && strcmp(f->id, "-") != 0 ? f->id : NULL);
	table_text(table, f->rule);
	table_text(table, f->what);
	table_text(table, f->cure);
	table_close(table);
}

/* The characters that end a workflow command, or a property of it, are written as %XX. */
static void
put_escaped(const char *text, const char *special)
{
	for (; *text; text++) {
		size_t n = strcspn(text, special);

		printable_write(stdout, text, n);
		text += n;
		if (!*text)
			break;
		printf("%%%02X", (unsigned)(unsigned char)*text);
	}
}

static void
print_command(const struct lint *lint, const struct finding *f)
{
	static const char *const commands[] = { "error", "warning", "notice" };

	printf("::%s file=", commands[f->severity]);
	put_escaped(lint->path, "%\r\n:,");
	if (f->line > 0)
		printf(",line=%zu", f->line);
	printf(",title=");
	put_escaped(string_of(f->id), "%\r\n:,");
	printf(" %s::", f->rule);
	put_escaped(string_of(f->what), "%\r\n");
	printf(". ");
	put_escaped(string_of(f->cure), "%\r\n");
	putchar('\n');
}

void
lint_report(struct lint *lint)
{
	static void (*const print[])(const struct lint *, const struct finding *) = {
		[LINT_TEXT] = print_text,
		[LINT_JSON] = print_object,
		[LINT_CSV] = print_row,
		[LINT_GITHUB] = print_command,
	};

	if (lint->count > 1)
		qsort(lint->findings, lint->count, sizeof *lint->findings, by_severity_and_line);
	for (size_t i = 0; i < lint->count; i++) {
		print[lint->options.format](lint, &lint->findings[i]);
		lint->tally->printed++;
		free_finding(&lint->findings[i]);
	}
	free(lint->findings);
	free(lint->plural_forms);
	lint->plural_forms = NULL;
	lint->findings = NULL;
	lint->count = lint->room = 0;
	lint->tally->done = true;
	fflush(stdout);
}
