/* The check of a whole .po: libgettextpo's own checks, the header, missing entries, and texts that must be identical. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lint_entry.h"

enum { MISSING_MAX = 8 }; /* entries that are named one by one */

/* The handlers of libgettextpo have no context argument. A process checks one file. */
static struct lint *current;
static struct lines lines;

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
	enum ftg_id id = message ? lint_id(message) : FTG_IDS;
	const char *context = message ? po_message_msgctxt(message) : NULL;
	size_t first;

	if (file && line != (size_t)-1)
		return line;
	if (id < FTG_IDS && current->seen[id].line > 0)
		return current->seen[id].line;
	first = current->count < LINT_FINDINGS_MAX ? lines_first(&lines, context ? context : "") : 0;
	return first > 0 ? first : 1;
}

/* Adds a message of libgettextpo, which can have several lines, as one line, unless the error was reported already. */
static void
report(int severity, po_message_t message, size_t line, const char *text)
{
	enum ftg_id id = message ? lint_id(message) : FTG_IDS;
	char *copy = strdup(text);

	for (char *p = copy; p && *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	if (id == FTG_IDS || !current->seen[id].faulty)
		lint_add(current, line, severity == PO_SEVERITY_WARNING ? LINT_WARNING : LINT_ERROR,
		    id < FTG_IDS ? ftg_row(id)->id : "-", REMARK_MSGFMT, "%s", copy ? copy : text);
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
	bool about_author = current->partial && severity == PO_SEVERITY_WARNING && message && is_header(message);

	(void)column;
	(void)multiline;
	if (!about_author)
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

static char *
field(const char *header, const char *name)
{
	char *value = header ? po_header_field(header, name) : NULL;

	if (value && !*value) {
		free(value);
		value = NULL;
	}
	return value;
}

static void
refuse_file(struct lint *lint, enum ftg_rule rule, const char *detail)
{
	lint_refuse(lint, 1, &(struct ftg_refusal) { .id = FTG_IDS, .rule = rule, .detail = detail });
}

/* False if the texts are not UTF-8. */
static bool
check_charset(struct lint *lint, const char *header)
{
	char *type = field(header, "Content-Type");
	const char *charset = type ? strstr(type, "charset=") : NULL;
	bool fine = charset && strcasecmp(charset + strlen("charset="), "UTF-8") == 0;

	if (!fine)
		refuse_file(lint, FTG_RULE_CHARSET, charset ? charset : "no charset");
	free(type);
	return fine;
}

/* The language is that of the header, else that of the path; they should be the same. */
static void
check_language(struct lint *lint, const char *header)
{
	char *language = field(header, "Language");

	if (!language || !ftg_language_valid(language))
		lint_add(lint, 1, lint->language ? LINT_WARNING : LINT_ERROR, "-", REMARK_LANGUAGE, "%s",
		    language ? _("the language in the header is not valid") : _("the header has no language"));
	else if (lint->language && strcmp(language, lint->language) != 0)
		lint_add(lint, 1, LINT_WARNING, "-", REMARK_LANGUAGE,
		    _("the language is %s in the header and %s in the name of the file"), language, lint->language);
	if (!lint->language || (language && ftg_language_valid(language))) {
		free(lint->language);
		lint->language = language;
	} else {
		free(language);
	}
}

/* msgfmt checks the other fields; without these two, a server would misread the file. */
static bool
check_header(struct lint *lint, const char *header)
{
	char *plurals;

	if (lint->template)
		return true;
	check_language(lint, header);
	if (!header || !*header) {
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_HEADER, "%s", _("the file has no header"));
		return false;
	}
	plurals = field(header, "Plural-Forms");
	if (!plurals && !lint->partial)
		refuse_file(lint, FTG_RULE_PLURALS, "no Plural-Forms");
	free(plurals);
	return check_charset(lint, header);
}

static void
check_entries(struct lint *lint, po_file_t file)
{
	po_message_iterator_t iterator = po_message_iterator(file, NULL);
	po_message_t message;

	lint->tally->read = true;
	while ((message = po_next_message(iterator))) {
		const char *context = po_message_msgctxt(message);

		if (po_message_is_obsolete(message))
			continue;
		const struct lines_entry *entry = lines_find(&lines, context ? context : "");

		if (!is_header(message))
			lint_entry(lint, message, entry);
	}
	po_message_iterator_free(iterator);
}

static bool
is_missing(const struct lint *lint, enum ftg_id id)
{
	return row_has_text(id) && !lint->seen[id].here;
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
check_alike(struct lint *lint)
{
	static const enum ftg_id pairs[][2] = {
		{ ERR_POP_LOGIN2, ERR_POP_LOGIN },
		{ ERR_POP_LOGIN3, ERR_POP_LOGIN },
		{ ERR_MAILBOX_SPAMTRAP, ERR_MAILBOX_DISABLED },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		const struct seen *one = &lint->seen[pairs[i][0]], *other = &lint->seen[pairs[i][1]];
		const char *a = one->text ? one->text : "", *b = other->text ? other->text : "";

		if (strcmp(a, b) != 0)
			lint_add(lint, one->line, LINT_WARNING, ftg_row(pairs[i][0])->id, REMARK_ALIKE,
			    _("its text differs from that of %s"), ftg_row(pairs[i][1])->id);
	}
}

/* A language in another script has no ASCII form at all, which is not an error of single texts. */
static void
check_ascii(struct lint *lint)
{
	unsigned without = 0;

	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		without += lint->seen[id].no_ascii;
	if (without > lint->tally->translated / 2) {
		lint_add(lint, 1, LINT_NOTE, "-", REMARK_ASCII,
		    _("%u texts have no ASCII form: SMTP uses the @latin catalogue of the language, or English"),
		    without);
		return;
	}
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (lint->seen[id].no_ascii)
			lint_add(lint, lint->seen[id].line, LINT_WARNING, ftg_row(id)->id, REMARK_ASCII, "%s",
			    _("it has no ASCII form: SMTP sends the English text"));
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
	const char *header = po_file_domain_header(file, NULL);

	check_domains(lint, file);
	if (!check_header(lint, header))
		return;
	check_entries(lint, file);
	if (!lint->partial)
		check_missing(lint);
	check_alike(lint);
	check_ascii(lint);
	if (!lint->template)
		po_file_check_all(file, &handler);
}

void
lint_po(struct lint *lint)
{
	po_file_t file;

	current = lint;
	file = lines_read(&lines, lint->path) ? po_file_read(lint->path, &handler) : NULL;
	if (!file)
		lint_add(lint, 1, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	else if (lint->tally->errors == 0)
		check_file(lint, file);
	if (file)
		po_file_free(file);
	lines_free(&lines);
}
