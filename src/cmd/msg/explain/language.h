/* The explanations in the language that --lang names. */
#ifndef MSG_EXPLAIN_LANGUAGE_H
#define MSG_EXPLAIN_LANGUAGE_H

#include "explain/translated.h"

/*
 * Reads the explanations in a language, given by its tag ("pt-BR"). Returns NULL after an error message if there are none. The
 * caller frees the result by explain_texts_free().
 */
struct explain_texts *language_open(const char *language);

/* Has translate() speak a language, whose texts must outlive its use; English, if the user's charset cannot spell a text. */
void language_speak(const struct explain_texts *texts);

#endif
