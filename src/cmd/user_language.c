/* The language of a program's user, by gettext(3). */
#include "cmd/user_language.h"

#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uniwidth.h>

#include <ftgate/catalog.h>

#include "base/program.h"
#include "base/translate.h"

static char *
count(const char *one, const char *many, unsigned long n)
{
	return ngettext(one, many, n);
}

static char *
text(const char *english)
{
	return gettext(english);
}

void
user_language_open(void)
{
	static const struct translator translator = { text, count };
	char preference[FTG_PREFERENCE_MAX], folder[PATH_MAX];

	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	if (strcmp(setlocale(LC_MESSAGES, NULL), "C") == 0 && ftg_language_from_environment(preference, getenv) > 0 &&
	    setlocale(LC_CTYPE, "C.UTF-8") && setlocale(LC_MESSAGES, "C.UTF-8"))
		setenv("LANGUAGE", preference, 1);
	program_locale_folder(folder);
	bindtextdomain(TOOLS_DOMAIN, folder);
	bind_textdomain_codeset(TOOLS_DOMAIN, "UTF-8");
	textdomain(TOOLS_DOMAIN);
	translate_with(&translator);
}

void
user_language_close(void)
{
	translate_with(NULL);
	setlocale(LC_ALL, "C");
}

void
user_language_pad(char *to, unsigned size, const char *label, int columns)
{
	int blank = columns - u8_strwidth((const uint8_t *)label, "UTF-8");

	snprintf(to, size, "%s%*s", label, blank > 0 ? blank : 0, "");
}
