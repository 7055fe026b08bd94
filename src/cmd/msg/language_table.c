/* What is known of languages: their English names and plural rules; and the language in the name of a file. */
#include "language_table.h"

#include <ftgate/catalog.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/system/program.h"
#include "base/text/nearest.h"

static const struct language_row rows[] = {
#define LANGUAGE(name, english, plural_forms) { name, english, plural_forms },
#include "languages.def"
#undef LANGUAGE
};

static const struct language_row *
find(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (strlen(rows[i].name) == len && strncmp(rows[i].name, name, len) == 0)
			return &rows[i];
	return NULL;
}

const struct language_row *
language_find(const char *name)
{
	const struct language_row *row = find(name, strcspn(name, "@."));

	return row ? row : find(name, strcspn(name, "_@."));
}

const char *
language_nearest(const char *word)
{
	struct nearest search = { .word = word };
	size_t count = sizeof rows / sizeof *rows;
	for (size_t i = 0; i < count; i++) {
		if (strcasecmp(word, rows[i].english) == 0)
			return rows[i].name;
		nearest_try(&search, rows[i].english);
		nearest_try(&search, rows[i].name);
	}
	for (size_t i = 0; i < count; i++)
		if (search.best == rows[i].english || search.best == rows[i].name)
			return rows[i].name;
	return NULL;
}

void
language_print_translated(const char *before)
{
	char folder[PATH_MAX], path[PATH_MAX];
	program_locale_folder(folder);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (snprintf(path, sizeof path, "%s/%s/LC_MESSAGES/ftgate.mo", folder, rows[i].name) < PATH_MAX &&
		    access(path, F_OK) == 0)
			printf("%s%s\n", before, rows[i].name);
}

void
language_print_names(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		puts(rows[i].name);
}

char *
language_of_path(const char *path)
{
	static const char folder[] = "/LC_MESSAGES/";
	const char *end = strstr(path, folder), *start = path;
	char *language;

	for (const char *p = path; *p && p != end; p++)
		if (*p == '/')
			start = p + 1;
	language = strndup(start, end ? (size_t)(end - start) : strcspn(start, "."));
	/* ast.po is Asturian, but bad.po and old.po are names of files. */
	if (language &&
	    ((!end && strcspn(language, "_@") != 2 && !find(language, strlen(language))) ||
	        !ftg_language_valid(language))) {
		free(language);
		language = NULL;
	}
	return language;
}
