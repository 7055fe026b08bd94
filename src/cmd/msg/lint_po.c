/* The check of a whole .po: the reader of libgettextpo, the code of a server, missing entries, texts that must be identical. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lint_entry.h"
#include "lint_header.h"
#include "lint_load.h"

enum { MISSING_MAX = 8 }; /* entries that are named one by one */

/* The handlers of libgettextpo have no context argument. A process checks one file. */
static struct lint *current;
static struct po_lines lines;
static bool loaded; /* its texts have been checked by the code of a server */

/* Ends the check: libgettextpo requires that its handler does not return. */
_Noreturn static void
give_up(void)
{
	lint_report(current);
	_exit(0);
}

/* The line of a message of libgettextpo, else that of its entry, else the first line. */
static size_t
place(po_message_t message, const char *file, size_t line)
{
	const char *context = message ? po_message_msgctxt(message) : NULL;
	enum ftg_id id = context ? ftg_id_find(context) : FTG_IDS;
	const struct po_place *first;

	if (file && line != (size_t)-1)
		return line;
	if (id < FTG_IDS && current->seen[FTG_EVERYONE][id].line > 0)
		return current->seen[FTG_EVERYONE][id].line;
	first = current->count < LINT_FINDINGS_MAX ? po_lines_find(&lines, context ? context : "", NULL, false) : NULL;
	return first ? first->start : 1;
}

/*
 * Adds a message of libgettextpo, which can have several lines, as one line, unless the fault was reported already. What a
 * server has accepted is worth a warning, even if msgfmt -c calls it an error.
 */
static void
report(int severity, po_message_t message, size_t line, const char *text)
{
	const char *context = message ? po_message_msgctxt(message) : NULL;
	enum ftg_id id = context ? ftg_id_find(context) : FTG_IDS;
	bool warning = loaded || severity == PO_SEVERITY_WARNING;
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	if (id == FTG_IDS || !current->seen[FTG_EVERYONE][id].faulty)
		lint_add(current, line, warning ? LINT_WARNING : LINT_ERROR, id < FTG_IDS ? ftg_row(id)->id : "-",
		    REMARK_MSGFMT, "%s", copy ? copy : text);
	free(copy);
}

static bool
is_header(po_message_t message)
{
	return !po_message_msgctxt(message) && !*po_message_msgid(message);
}

static void
on_error(
    int severity, po_message_t message, const char *file, size_t line, size_t column, int multiline, const char *text)
{
	bool about_header = severity == PO_SEVERITY_WARNING && message && is_header(message);

	(void)column;
	(void)multiline;
	if (!about_header) /* lint_header() says the same, and more */
		report(severity, message, place(message, file, line), text);
	if (severity == PO_SEVERITY_FATAL_ERROR)
		give_up();
}

/* An error of two entries: reported once, at the first one that has a line, with the line of the other. */
static void
on_error2(int severity, po_message_t message1, const char *file1, size_t line1, size_t column1, int multiline1,
    const char *text1, po_message_t message2, const char *file2, size_t line2, size_t column2, int multiline2,
    const char *text2)
{
	size_t one = place(message1, file1, line1), other = place(message2, file2, line2);
	char *text = NULL;

	(void)column1;
	(void)multiline1;
	(void)column2;
	(void)multiline2;
	if (asprintf(&text, _("%s (line %zu: %s)"), text1, other, text2) < 0)
		text = NULL;
	report(severity, message1, one, text ? text : text1);
	free(text);
	if (severity == PO_SEVERITY_FATAL_ERROR)
		give_up();
}

static const struct po_xerror_handler handler = { on_error, on_error2 };

static bool
check_entries(struct lint *lint, struct po_entries *entries)
{
	struct po_place *places = calloc(entries->count + 1, sizeof *places);

	if (!places)
		return false;
	for (size_t i = 0; i < entries->count; i++) {
		const char *context = po_message_msgctxt(entries->entry[i].message);

		places[i] = *po_lines_next(&lines, context ? context : "");
	}
	lint->tally->read = true;
	if (!lint->template)
		lint_load(lint, entries, places);
	for (size_t i = 0; i < entries->count; i++)
		if (!entries->entry[i].header)
			lint_entry(lint, &entries->entry[i], &places[i]);
	free(places);
	return true;
}

static bool
is_missing(const struct lint *lint, enum ftg_id id)
{
	return row_has_text(id) && !lint->seen[FTG_EVERYONE][id].here;
}

/* A catalogue in progress: the number of its texts is one note. */
static void
count_missing(struct lint *lint, const struct po_entries *entries)
{
	unsigned texts = 0, all = 0;

	for (size_t i = 0; i < entries->count; i++)
		texts += entries->entry[i].id != FTG_IDS && !po_entry_is_empty(&entries->entry[i]);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		all += row_has_text(id);
	if (lint->options.partial || texts * 2 >= all)
		return;
	lint->options.partial = true;
	lint_add(lint, 1, LINT_NOTE, "-", REMARK_PROGRESS, _("%u of %u replies have a text"), texts, all);
}

static void
check_missing(struct lint *lint)
{
	enum ftg_id first = FTG_IDS;
	unsigned missing = 0;

	for (enum ftg_id id = FTG_IDS; id-- > 0;)
		if (is_missing(lint, id)) {
			first = id;
			missing++;
		}
	if (missing > MISSING_MAX) {
		lint_add(lint, 1, LINT_WARNING, "-", REMARK_MISSING, _("%u replies have no entry; the first is %s"),
		    missing, ftg_row(first)->id);
		return;
	}
	for (enum ftg_id id = first; missing > 0 && id < FTG_IDS; id++)
		if (is_missing(lint, id))
			lint_add(lint, 1, LINT_WARNING, ftg_row(id)->id, REMARK_MISSING, "%s",
			    _("there is no entry for it"));
}

/* Replies that must have identical words: a difference would disclose which accounts exist, or what a spamtrap is. */
static void
check_alike(struct lint *lint, enum ftg_audience audience)
{
	lint->audience = audience;
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const struct seen *one = &lint->seen[audience][id], *other;
		enum ftg_id first = row_alike(id, 0);
		const char *a = one->text ? one->text : "", *b;

		if (first == id)
			continue;
		other = &lint->seen[audience][first];
		b = other->text ? other->text : "";
		if (strcmp(a, b) != 0)
			lint_add(lint, one->line, LINT_WARNING, ftg_row(id)->id, REMARK_ALIKE,
			    _("its text differs from that of %s"), ftg_row(first)->id);
	}
	lint->audience = FTG_EVERYONE;
}

static void
check_domains(struct lint *lint, po_file_t file)
{
	const char *const *domains = po_file_domains(file);

	for (size_t i = 0; domains[i]; i++)
		if (strcmp(domains[i], "messages") != 0)
			lint_add(lint, 1, LINT_ERROR, "-", REMARK_DOMAIN, _("it has a domain line: %.64s"), domains[i]);
}

static void
check_file(struct lint *lint, po_file_t file)
{
	struct po_entries entries;

	check_domains(lint, file);
	lint_header(lint, file);
	if (!po_entries_read(&entries, file, lint->own)) {
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
		po_entries_free(&entries);
		return;
	}
	if (!lint->template)
		count_missing(lint, &entries);
	if (check_entries(lint, &entries)) {
		if (!lint->options.partial)
			check_missing(lint);
		for (unsigned audience = 0; audience < FTG_AUDIENCES; audience++)
			check_alike(lint, (enum ftg_audience)audience);
		lint_ascii(lint);
	}
	loaded = true;
	if (!lint->template)
		po_file_check_all(file, &handler);
	po_entries_free(&entries);
}

/* Some editors put a byte order mark before UTF-8. libgettextpo reads it as part of the first keyword. */
static bool
has_byte_order_mark(const char *path)
{
	FILE *file = fopen(path, "re");
	char octets[3];
	bool has = file && fread(octets, 1, sizeof octets, file) == 3 && memcmp(octets, "\xEF\xBB\xBF", 3) == 0;

	if (file)
		fclose(file);
	return has;
}

void
lint_po(struct lint *lint)
{
	po_file_t file;

	current = lint;
	if (has_byte_order_mark(lint->path)) {
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_BOM, "%s", _("it begins with a byte order mark"));
		return;
	}
	file = po_lines_read(&lines, lint->path) ? po_file_read(lint->path, &handler) : NULL;
	if (!file)
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	else if (lint->tally->errors == 0)
		check_file(lint, file);
	if (file)
		po_file_free(file);
	po_lines_free(&lines);
}
