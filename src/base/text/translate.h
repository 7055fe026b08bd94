/* Texts for people that a program speaks in its user's language. Log lines and keys are never marked. */
#ifndef BASE_TRANSLATE_H
#define BASE_TRANSLATE_H

/* Both mark an English text for scripts/update-po: the first is its translation, the second the text itself. */
#define _(text)  translate(text)
#define N_(text) text

/*
 * The translation of a text; the text itself if it has none, or if the program has no translator. The result is as
 * lasting as the text, and has the same directives. errno is kept.
 */
const char *translate(const char *text) __attribute__((format_arg(1)));

/* The same for a text with a number: the form of a language for n things; in English one if n is 1, else many. */
const char *translate_count(const char *one, const char *many, unsigned long n)
    __attribute__((format_arg(1), format_arg(2)));

/* Where the texts of a program come from: gettext(3) and ngettext(3). */
struct translator {
	char *(*text)(const char *text);
	char *(*count)(const char *one, const char *many, unsigned long n);
};

/* Sets the translator, which must outlive the program's use of texts. It is called before any thread is made. */
void translate_with(const struct translator *translator);

#endif
