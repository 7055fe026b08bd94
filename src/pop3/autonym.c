/*
 * The names of languages in themselves (autonyms). A table rather than a text of each catalogue, so that a language is
 * listed correctly even if its catalogue is incomplete.
 */
#include "pop3/autonym.h"

#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

/* From Unicode's CLDR, capitalised. The entry with the longest tag that matches wins. */
static const struct autonym {
	const char *tag;
	const char *name;
} autonyms[] = {
	{ "ar", "العربية" },
	{ "be", "Беларуская" },
	{ "bg", "Български" },
	{ "bg-Latn", "Balgarski" },
	{ "bn", "বাংলা" },
	{ "bs", "Bosanski" },
	{ "ca", "Català" },
	{ "cs", "Čeština" },
	{ "cy", "Cymraeg" },
	{ "da", "Dansk" },
	{ "de", "Deutsch" },
	{ "el", "Ελληνικά" },
	{ "el-Latn", "Ellinika" },
	{ "en", "English" },
	{ "eo", "Esperanto" },
	{ "es", "Español" },
	{ "et", "Eesti" },
	{ "eu", "Euskara" },
	{ "fa", "فارسی" },
	{ "fi", "Suomi" },
	{ "fo", "Føroyskt" },
	{ "fr", "Français" },
	{ "ga", "Gaeilge" },
	{ "gl", "Galego" },
	{ "he", "עברית" },
	{ "hi", "हिन्दी" },
	{ "hr", "Hrvatski" },
	{ "hu", "Magyar" },
	{ "hy", "Հայերեն" },
	{ "i-default", "English" },
	{ "id", "Bahasa Indonesia" },
	{ "is", "Íslenska" },
	{ "it", "Italiano" },
	{ "ja", "日本語" },
	{ "ja-Latn", "Nihongo" },
	{ "ka", "ქართული" },
	{ "kk", "Қазақ тілі" },
	{ "ko", "한국어" },
	{ "lt", "Lietuvių" },
	{ "lv", "Latviešu" },
	{ "mk", "Македонски" },
	{ "ms", "Bahasa Melayu" },
	{ "mt", "Malti" },
	{ "nb", "Norsk bokmål" },
	{ "nl", "Nederlands" },
	{ "nn", "Norsk nynorsk" },
	{ "no", "Norsk" },
	{ "pl", "Polski" },
	{ "pt", "Português" },
	{ "ro", "Română" },
	{ "ru", "Русский" },
	{ "ru-Latn", "Russkij" },
	{ "sk", "Slovenčina" },
	{ "sl", "Slovenščina" },
	{ "sq", "Shqip" },
	{ "sr", "Српски" },
	{ "sr-Latn", "Srpski" },
	{ "sv", "Svenska" },
	{ "th", "ไทย" },
	{ "tr", "Türkçe" },
	{ "uk", "Українська" },
	{ "uk-Latn", "Ukrajinska" },
	{ "vi", "Tiếng Việt" },
	{ "zh", "中文" },
	{ "zh-Hans", "简体中文" },
	{ "zh-Hant", "繁體中文" },
};

/* Octets of the entry's tag if it matches; 0 if it does not. */
static size_t
fit(const struct autonym *autonym, const char *tag)
{
	size_t len = strlen(autonym->tag);

	if (strlen(tag) < len || !ascii_equal(tag, autonym->tag, len))
		return 0;
	return tag[len] == '\0' || tag[len] == '-' ? len : 0;
}

void
autonym_write(char name[AUTONYM_MAX], const char *tag)
{
	const struct autonym unknown = { tag, tag };
	const struct autonym *best = &unknown;
	size_t used = 0;

	for (size_t i = 0; i < sizeof autonyms / sizeof *autonyms; i++)
		if (fit(&autonyms[i], tag) > used) {
			best = &autonyms[i];
			used = fit(best, tag);
		}
	if (used == 0 || tag[used] == '\0')
		snprintf(name, AUTONYM_MAX, "%s", best->name);
	else
		snprintf(name, AUTONYM_MAX, "%s (%s)", best->name, tag + used + 1);
}
