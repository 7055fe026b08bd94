/* The check of a .po as a whole: libgettextpo's own checks, header, entries that are missing or must be alike. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "lint_entry.h"

/* The handlers of libgettextpo are given no context. There is one file a process. */
static struct lint *current;

/* The name of a file without folders and ending: "de" of po/de.po. To be freed. */
static char *
stem(const char *path)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;

	return strndup(name, strcspn(name, "."));
}

/* The check cannot go on: libgettextpo asks that its handler does not return. */
_Noreturn static void
give_up(void)
{
	lint_report(current);
	_exit(0);
}

/* Writes what libgettextpo says, which may be several lines, as one. */
static void
tell(int severity, po_message_t message, const char *id, size_t line, const char *text)
{
	char *copy = strdup(text);

	(void)message;
	for (char *p = copy; p && *p; p++)
		if (*p == '\n')
			*p = p[1] ? ' ' : '\0';
	lint_add(current, line == (size_t)-1 ? 0 : line, severity == PO_SEVERITY_WARNING ? LINT_WARNING : LINT_ERROR,
	    id, REMARK_MSGFMT, "%s", copy ? copy : text);
	free(copy);
}

static void
on_error(
    int severity, po_message_t message, const char *file, size_t line, size_t column, int multiline, const char *text)
{
	enum ftg_id id = message ? lint_id(message) : FTG_IDS;

	(void)column;
	(void)multiline;
	if (id == FTG_IDS || !current->seen[id].faulty) {
		if (!file && id != FTG_IDS)
			line = current->seen[id].line;
		else if (!file)
			line = (size_t)-1;
		tell(severity, message, id < FTG_IDS ? ftg_row(id)->id : "-", line, text);
	}
	if (severity == PO_SEVERITY_FATAL_ERROR)
		give_up();
}

static void
on_error2(int severity, po_message_t message1, const char *file1, size_t line1, size_t column1, int multiline1,
    const char *text1, po_message_t message2, const char *file2, size_t line2, size_t column2, int multiline2,
    const char *text2)
{
	on_error(PO_SEVERITY_WARNING, message2, file2, line2, column2, multiline2, text2);
	on_error(severity, message1, file1, line1, column1, multiline1, text1);
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

/* False where the texts cannot be read as UTF-8. */
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

/* Where the name of the file is a language, the header should name the same: "de" for de.po and ftgate-de.po alike. */
static void
check_language(struct lint *lint, const char *header)
{
	char *language = field(header, "Language"), *name = stem(lint->path);
	size_t n = name ? strcspn(name, "_@") : 0;
	bool named = name && (n == 2 || n == 3) && ftg_language_valid(name);

	if (!language || !ftg_language_valid(language))
		lint_add(lint, 1, named ? LINT_WARNING : LINT_ERROR, "-", REMARK_LANGUAGE, "%s",
		    language ? _("the header names no language that is one") : _("the header names no language"));
	else if (named && strcmp(language, name) != 0)
		lint_add(lint, 1, LINT_WARNING, "-", REMARK_LANGUAGE, _("the header says %s, the name of the file %s"),
		    language, name);
	if (language && ftg_language_valid(language)) {
		lint->language = language;
		free(name);
	} else {
		lint->language = name;
		free(language);
	}
}

/* The fields that msgfmt asks for are its own business; without these two a server reads the file wrongly. */
static bool
check_header(struct lint *lint, const char *header)
{
	char *plurals;

	if (lint->template) {
		lint->language = strdup("en");
		return true;
	}
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

static bool
is_header(po_message_t message)
{
	return !po_message_msgctxt(message) && !*po_message_msgid(message);
}

static void
check_entries(struct lint *lint, po_file_t file, struct lines *lines)
{
	po_message_iterator_t iterator = po_message_iterator(file, NULL);
	po_message_t message;

	while ((message = po_next_message(iterator))) {
		const char *context = po_message_msgctxt(message);

		if (po_message_is_obsolete(message))
			continue;
		const struct lines_entry *place = lines_find(lines, context ? context : "");

		if (!is_header(message))
			lint_entry(lint, message, place);
	}
	po_message_iterator_free(iterator);
}

static void
check_missing(struct lint *lint)
{
	for (enum ftg_id id = 0; id < FTG_IDS && !lint->partial; id++)
		if (row_has_text(id) && !lint->seen[id].here)
			lint_add(lint, 0, LINT_WARNING, ftg_row(id)->id, REMARK_MISSING, "%s",
			    _("there is no entry for it"));
}

/* Replies that must not be told apart by their words: they would say which accounts exist, or what a trap is. */
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
			    _("its text is not that of %s"), ftg_row(pairs[i][1])->id);
	}
}

/* A language of another script has no ASCII form at all: that is no fault of single texts. */
static void
check_ascii(struct lint *lint)
{
	unsigned without = 0;

	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		without += lint->seen[id].no_ascii;
	if (without > lint->tally->translated / 2) {
		lint_add(lint, 0, LINT_NOTE, "-", REMARK_ASCII,
		    _("%u texts have no ASCII form: SMTP speaks the @latin catalogue of the language, or English"),
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
			lint_add(lint, 0, LINT_ERROR, "-", REMARK_DOMAIN, _("a domain of its own: %.64s"), domains[i]);
}

static void
check_file(struct lint *lint, po_file_t file)
{
	const char *header = po_file_domain_header(file, NULL);
	struct lines lines;

	check_domains(lint, file);
	if (!check_header(lint, header))
		return;
	if (!lines_read(&lines, lint->path))
		lint_add(lint, 0, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	check_entries(lint, file, &lines);
	check_missing(lint);
	check_alike(lint);
	check_ascii(lint);
	if (!lint->template)
		po_file_check_all(file, &handler);
	lines_free(&lines);
}

void
lint_po(struct lint *lint)
{
	po_file_t file;

	current = lint;
	file = po_file_read(lint->path, &handler);
	if (file) {
		check_file(lint, file);
		po_file_free(file);
	} else {
		lint_add(lint, 0, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	}
	lint_report(lint);
	free(lint->language);
}
