/* The check of the header of a .po: language, fields, and what a template leaves to be filled in. */
#include "lint_header.h"

#include <stdlib.h>
#include <string.h>

/* The value of a field, to be freed; NULL if it is empty or absent. */
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

/* The operator's own texts have their gettext domain in the header, under whatever name the file is checked. */
static void
find_domain(struct lint *lint, const char *header)
{
	char *domain = field(header, "X-Domain");

	if (domain && strcmp(domain, "ftgate-local") == 0)
		lint->own = lint->options.partial = true;
	free(domain);
}

/* The language is that of the header, else that of the path; they should be the same. */
static void
check_language(struct lint *lint, const char *header)
{
	char *language = field(header, "Language");

	if (!language || !ftg_language_valid(language))
		lint_add(lint, 1, LINT_WARNING, "-", REMARK_LANGUAGE, "%s",
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

/* Without Plural-Forms a server uses the English rule. An operator's own texts need not say who wrote them. */
static void
check_fields(struct lint *lint, const char *header)
{
	static const char *const names[] = { "Project-Id-Version", "PO-Revision-Date", "Last-Translator",
		"Language-Team", "MIME-Version", "Content-Type", "Content-Transfer-Encoding", "Plural-Forms" };

	for (size_t i = 0; !lint->own && i < sizeof names / sizeof *names; i++) {
		char *value = field(header, names[i]);

		if (!value)
			lint_add(lint, 1, LINT_WARNING, "-", REMARK_HEADER, _("the header has no %s"), names[i]);
		free(value);
	}
}

/* What ftgate.pot and msginit write where a translator must. */
static void
check_placeholders(struct lint *lint, const char *text)
{
	static const char *const placeholders[] = { "FULL NAME", "EMAIL@ADDRESS", "FIRST AUTHOR", "YEAR-MO-DA",
		"LL@li.org", "PACKAGE VERSION", "SOME DESCRIPTIVE TITLE", "THE PACKAGE'S COPYRIGHT HOLDER",
		"Automatically generated", "Language-Team: none", "in LANGUAGE", "nplurals=INTEGER" };

	for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++)
		if (text && strstr(text, placeholders[i]))
			lint_add(lint, 1, LINT_WARNING, "-", REMARK_PLACEHOLDER,
			    _("the header still has the text of the template: %s"), placeholders[i]);
}

/* The comments above the header, which name the translators. */
static const char *
header_comments(po_file_t file)
{
	po_message_iterator_t iterator = po_message_iterator(file, NULL);
	po_message_t message;
	const char *comments = NULL;

	while (!comments && (message = po_next_message(iterator)))
		if (!po_message_msgctxt(message) && !*po_message_msgid(message) && !po_message_is_obsolete(message))
			comments = po_message_comments(message);
	po_message_iterator_free(iterator);
	return comments;
}

void
lint_header(struct lint *lint, po_file_t file)
{
	const char *header = po_file_domain_header(file, NULL);

	if (lint->template)
		return;
	find_domain(lint, header);
	check_language(lint, header);
	if (!header || !*header) {
		lint_add(lint, 1, LINT_WARNING, "-", REMARK_HEADER, "%s", _("the file has no header"));
		return;
	}
	check_fields(lint, header);
	free(lint->plural_forms);
	lint->plural_forms = po_header_field(header, "Plural-Forms");
	if (!lint->own) {
		check_placeholders(lint, header);
		check_placeholders(lint, header_comments(file));
	}
}
