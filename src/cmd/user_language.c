/* The language of a program's user, by gettext(3). */
#include "cmd/user_language.h"

#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uniwidth.h>

#include <ftgate/catalog.h>

#include "base/system/program.h"
#include "base/text/translate.h"
#include "cmd/output/charset.h"

enum { CHARSET_SIZE = 64 };

/* English, if the charset of the user cannot spell a translation. */
static char *
spell(char *translated, const char *english)
{
	return charset_can_spell(translated) ? translated : (char *)(uintptr_t)english;
}

static char *
count(const char *one, const char *many, unsigned long n)
{
	return spell(ngettext(one, many, n), n == 1 ? one : many);
}

static char *
text(const char *english)
{
	return spell(gettext(english), english);
}

static const char *
variable(const char *name)
{
	const char *value = getenv(name);
	return value != NULL ? value : "";
}

/*
 * The charset of the locale; of one that the system does not have, what its name says ("de_DE.ISO-8859-1"), else UTF-8. A
 * language without a charset, that is LC_MESSAGES alone, has its own one.
 */
static void
find_charset(char charset[CHARSET_SIZE])
{
	static const char *const names[] = { "LC_ALL", "LC_CTYPE", "LANG", "LC_MESSAGES" };
	bool has_locale = setlocale(LC_CTYPE, "") != NULL;
	const char *name = "";
	size_t i = 0;
	for (; i < sizeof names / sizeof *names && *name == '\0'; i++)
		name = variable(names[i]);
	const char *dot = strchr(name, '.');
	bool is_messages = *name != '\0' && i == sizeof names / sizeof *names;
	if (has_locale && !is_messages)
		snprintf(charset, CHARSET_SIZE, "%s", nl_langinfo(CODESET));
	else if (dot != NULL)
		snprintf(charset, CHARSET_SIZE, "%.*s", (int)strcspn(dot + 1, "@"), dot + 1);
	else
		snprintf(charset, CHARSET_SIZE, "UTF-8");
}

void
user_language_open(void)
{
	static const struct translator translator = { text, count };
	char preference[FTG_PREFERENCE_MAX], folder[PATH_MAX], charset[CHARSET_SIZE];

	find_charset(charset);
	setlocale(LC_MESSAGES, "");
	bool prefers = ftg_language_from_environment(preference, getenv) > 0;
	if (strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0 && prefers && setlocale(LC_MESSAGES, "C.UTF-8"))
		setenv("LANGUAGE", preference, 1);
	setlocale(LC_CTYPE, "C.UTF-8"); /* inside, libintl and errno speak UTF-8, too */
	program_locale_folder(folder);
	bindtextdomain(TOOLS_DOMAIN, folder);
	bind_textdomain_codeset(TOOLS_DOMAIN, "UTF-8");
	textdomain(TOOLS_DOMAIN);
	translate_with(&translator);
	preference[strcspn(preference, ":")] = '\0';
	charset_open(charset, preference);
	if (!charset_can_spell(gettext(N_("Commands:")))) /* of argp, too */
		setlocale(LC_MESSAGES, "C");
}

void
user_language_close(void)
{
	translate_with(NULL);
	charset_close();
	setlocale(LC_ALL, "C");
}

void
user_language_pad(char *to, unsigned size, const char *label, int columns)
{
	int blank = columns - u8_strwidth((const uint8_t *)label, "UTF-8");

	snprintf(to, size, "%s%*s", label, blank > 0 ? blank : 0, "");
}
