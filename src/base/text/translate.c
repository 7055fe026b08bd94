/* Texts for people: in English until a program names a translator. */
#include "base/text/translate.h"

#include <stddef.h>

static const struct translator *translator;

void
translate_with(const struct translator *from)
{
	translator = from;
}

const char *
translate(const char *text)
{
	return translator != NULL ? translator->text(text) : text;
}

const char *
translate_count(const char *one, const char *many, unsigned long n)
{
	if (translator != NULL)
		return translator->count(one, many, n);
	return n == 1 ? one : many;
}
