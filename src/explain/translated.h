/* The explanations in one language, from the catalogue of what the programs say: LOCALE/LANGUAGE/LC_MESSAGES/ftgate-tools.mo; or
 * the texts of another catalogue beside it. */
#ifndef EXPLAIN_TRANSLATED_H
#define EXPLAIN_TRANSLATED_H

#include "explain/explain.h"

/* The texts of a language. The English ones are compiled in. */
struct explain_texts;

/*
 * Reads the texts of a language, given by its tag ("pt-BR"): those of the region, else those of the language alone, in the
 * order in which replies are looked up. The folders are named by locale ("pt_BR"). Blocks. Returns NULL if the language has
 * no file there, the file cannot be used, or memory is out. locale may be NULL: English only. The caller frees the result.
 */
struct explain_texts *explain_texts_open(const char *locale, const char *language);

/* The same for the texts of a domain of gettext, which is the name of the file without ".mo". */
struct explain_texts *explain_texts_of(const char *domain, const char *locale, const char *language);

/* The tag of the language that was found, "ru" for "ru-Latn" if that has no file; it lasts as long as the texts. */
const char *explain_texts_tag(const struct explain_texts *texts);

/* Frees the texts; NULL is ignored. */
void explain_texts_free(struct explain_texts *texts);

/*
 * The translation of a member of struct explanation, which lasts as long as the texts. NULL if it has none, or one with
 * characters that may not be shown (see base/text/printable.h), except U+200C and U+200D; also if texts is NULL.
 */
const char *explain_text(const struct explain_texts *texts, const char *english);

#endif
