/* What the formats for programs say of a reply, beside the row itself. */
#ifndef MSG_EXPORT_REPLY_H
#define MSG_EXPORT_REPLY_H

#include "cmd/msg/export/format.h"

/* The languages of an export, in the order of their tags. The published English is none of them. */
struct export_languages {
	ftg_lang *at;
	size_t count;
};

/*
 * Finds the languages: those of --lang that have a catalogue, else all. Returns false after an error message if one of --lang has
 * none, or memory is out. The caller frees .at.
 */
bool export_languages_find(struct export_languages *languages, const struct export *export);

/* The voice of an export in one of its languages. */
struct ftg_voice export_speak(const struct export *export, ftg_lang language, enum ftg_encoding encoding);

/*
 * What a reply code means to a client: "success", "intermediate", "temporary", "permanent", or "failure" for -ERR whose response
 * code does not say whether it ends by itself. NULL: the row has no code.
 */
const char *export_outcome(const struct ftg_code *code);

/* The two kinds of status: "5.1.1" of SMTP, "[AUTH]" of POP3. NULL: it has none. */
const char *export_enhanced(const struct ftg_code *code);
const char *export_response(const struct ftg_code *code);

/* Where the text of a reply comes from: "table", "translation" or "own". */
const char *export_origin(const struct ftg_voice *voice, enum ftg_id id);

/* Whether a reply has words in a voice. ERR_SMTP_334 has none; a reason of the security policy has none in English. */
bool export_has_words(const struct ftg_voice *voice, enum ftg_id id);

/* Whether a reply is sent in ASCII in other words than in UTF-8. Those of a DSN are sent in UTF-8 only. */
bool export_ascii_differs(const struct export *export, ftg_lang language, enum ftg_id id);

/* The members of an explanation, in the order of explain.def: their names, and their English texts. */
enum { EXPORT_EXPLAINED = 6 };
extern const char *const export_explained_names[EXPORT_EXPLAINED];
void export_explained(const char *texts[EXPORT_EXPLAINED], enum ftg_id id);

#endif
