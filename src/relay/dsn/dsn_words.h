/* The part of a DSN that people read: its subject and its text, in their language. */
#ifndef RELAY_DSN_WORDS_H
#define RELAY_DSN_WORDS_H

#include <ftgate/catalog.h>

#include "explain/translated.h"
#include "relay/dsn/dsn_report.h"

/* Owned by the caller. All zero is empty. */
struct dsn_words {
	char *subject;
	char *text;
	char language[FTG_TAG_MAX];
	char **localized; /* of each recipient: its fields Localized-Diagnostic, whole lines with LF; NULL: none */
	size_t count;     /* of recipients */
	bool global;      /* the DSN must be written in UTF-8 (RFC 6533) */
};

/* The explanations in the languages of a voice; NULL: none. Owned by the caller. */
struct dsn_explained {
	const struct explain_texts *first, *second;
};

/*
 * Writes subject and text in the language of a voice, and a second time in the voice's second language if it has one. Replies
 * of ftgate servers are explained: their cause, and what the sender can do. Returns false when memory is out. The words must be freed in any case.
 */
bool dsn_say(struct dsn_words *words, const struct dsn_report *report, const struct ftg_voice *voice,
    const struct dsn_explained *explained);

/* Frees the texts. */
void dsn_words_free(struct dsn_words *words);

#endif
