/* The explanations in one language, from the catalogue of what the programs say: LOCALE/LANGUAGE/LC_MESSAGES/ftgate-tools.mo. */
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

/* Frees the texts; NULL is ignored. */
void explain_texts_free(struct explain_texts *texts);

/*
 * The translation of a member of struct explanation, which lasts as long as the texts. NULL if it has none, or one with
 * characters that may not be shown (see base/printable.h); also if texts is NULL.
 */
const char *explain_text(const struct explain_texts *texts, const char *english);

#endif
