/* The language preference of the environment (POSIX.1-2024 XBD 8.2). No locale need be installed. */
#include "catalog/tag.h"

#include <ftgate/catalog.h>
#include <string.h>

/* Adds an element without its codeset to the colon-separated list, unless it is malformed or does not fit. */
static size_t
add_preference(char preference[FTG_PREFERENCE_MAX], size_t used, const char *name, size_t len)
{
	struct tag tag;
	if (!tag_parse(&tag, name, len))
		return used;
	const char *modifier = memchr(name, '@', len);
	size_t tail = modifier != NULL ? len - (size_t)(modifier - name) : 0;
	const char *codeset = memchr(name, '.', len - tail);
	size_t base = codeset != NULL ? (size_t)(codeset - name) : len - tail;
	if (used + 1 + base + tail >= FTG_PREFERENCE_MAX)
		return used;
	if (used > 0)
		preference[used++] = ':';
	memcpy(preference + used, name, base);
	memcpy(preference + used + base, name + len - tail, tail);
	used += base + tail;
	preference[used] = '\0';
	return used;
}

static const char *
locale_of(char *(*getenv_)(const char *))
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv_(names[i]);
		if (value != NULL && value[0] != '\0')
			return value;
	}
	return "";
}

size_t
ftg_language_from_environment(char preference[FTG_PREFERENCE_MAX], char *(*getenv_)(const char *))
{
	size_t used = 0;
	const char *locale = locale_of(getenv_);
	const char *list = getenv_("LANGUAGE");
	preference[0] = '\0';
	if (tag_is_default(locale, strlen(locale)))
		return 0;
	while (list != NULL && *list != '\0') {
		size_t len = strcspn(list, ":");
		if (tag_is_default(list, len))
			return used;
		used = add_preference(preference, used, list, len);
		list += len + (list[len] == ':');
	}
	return add_preference(preference, used, locale, strnlen(locale, FTG_TAG_MAX));
}
