/* A .po that is used without compiling it. */
#include "draft.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text/po_lines.h"
#include "language_table.h"
#include "po_entry.h"

/* The file, for the handlers of libgettextpo, which have no context argument, and whether it has an error. */
static const char *reading;
static bool faulty;

/* libgettextpo requires that its handler does not return from a fatal error. */
static void
on_error(
    int severity, po_message_t message, const char *file, size_t line, size_t column, int multiline, const char *text)
{
	(void)message;
	(void)file;
	(void)column;
	(void)multiline;
	faulty = faulty || severity != PO_SEVERITY_WARNING;
	if (severity != PO_SEVERITY_WARNING)
		complain("%s:%zu: %s", reading, line == (size_t)-1 ? 1 : line, text);
	if (severity == PO_SEVERITY_FATAL_ERROR)
		exit(MSG_TROUBLE);
}

static void
on_error2(int severity, po_message_t message1, const char *file1, size_t line1, size_t column1, int multiline1,
    const char *text1, po_message_t message2, const char *file2, size_t line2, size_t column2, int multiline2,
    const char *text2)
{
	(void)message2;
	(void)file2;
	(void)line2;
	(void)column2;
	(void)multiline2;
	(void)text2;
	on_error(severity, message1, file1, line1, column1, multiline1, text1);
}

static char *
language_of(po_file_t file, const char *path)
{
	const char *header = po_file_domain_header(file, NULL);
	char *language = header ? po_header_field(header, "Language") : NULL;

	if (language && ftg_language_valid(language))
		return language;
	free(language);
	return language_of_path(path);
}

static bool
compile(struct draft *draft, po_file_t file, const char *path)
{
	struct po_entries entries;
	bool read = po_entries_read(&entries, file, false);

	draft->octets = read ? po_entries_compile(&entries, &draft->compiled.len) : NULL;
	po_entries_free(&entries);
	if (!draft->octets) {
		complain_errno(path);
		return false;
	}
	if (!(draft->language = language_of(file, path))) {
		complain(_("%s: neither its header nor its name has a language"), path);
		return false;
	}
	draft->compiled.file = path;
	draft->compiled.language = draft->language;
	draft->compiled.octets = draft->octets;
	return true;
}

bool
draft_read(struct draft *draft, const char *path)
{
	static const struct po_xerror_handler handler = { on_error, on_error2 };
	struct stat st;
	po_file_t file = NULL;
	bool fine;

	*draft = (struct draft) { 0 };
	reading = path;
	faulty = false;
	if (stat(path, &st) == 0) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		if (S_ISREG(st.st_mode) && st.st_size <= PO_SIZE_MAX)
			file = po_file_read(path, &handler);
	}
	if (!file) {
		complain_errno(path);
		return false;
	}
	fine = !faulty && compile(draft, file, path);
	po_file_free(file);
	if (!fine)
		draft_free(draft);
	return fine;
}

void
draft_free(struct draft *draft)
{
	free(draft->language);
	free(draft->octets);
	*draft = (struct draft) { 0 };
}
