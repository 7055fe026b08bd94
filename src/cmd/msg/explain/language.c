/* The explanations in the language that --lang names. */
#include "language.h"

#include <limits.h>
#include <stdint.h>

#include "base/system/program.h"
#include "cmd/msg/msg.h"

static const struct explain_texts *spoken;

struct explain_texts *
language_open(const char *language)
{
	char locale[PATH_MAX];
	program_locale_folder(locale);
	struct explain_texts *texts = explain_texts_open(locale, language);
	if (texts == NULL)
		complain(_("there are no explanations in '%s'"), language);
	return texts;
}

static char *
text(const char *english)
{
	const char *found = explain_text(spoken, english);
	return (char *)(uintptr_t)(found != NULL && charset_can_spell(found) ? found : english);
}

/* An explanation has no number. */
static char *
count(const char *one, const char *many, unsigned long n)
{
	return (char *)(uintptr_t)(n == 1 ? one : many);
}

void
language_speak(const struct explain_texts *texts)
{
	static const struct translator translator = { text, count };
	spoken = texts;
	translate_with(&translator);
}
