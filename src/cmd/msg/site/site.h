/* The site of the replies: what its pages share. */
#ifndef MSG_SITE_SITE_H
#define MSG_SITE_SITE_H

#include <stdint.h>

#include "cmd/msg/voice.h"
#include "explain/translated.h"

#define SITE_DOMAIN "ftgate-site" /* the gettext domain of the words of the site */

/* Marks an English word of the site for scripts/update-po. */
#define SITE_WORD(text) text

/* A language of the site, with a page of its own. */
struct site_language {
	ftg_lang language;   /* of the catalogue */
	const char *tag;     /* "pt-BR": the name of its page, which {lang} of help-url becomes, and its hreflang */
	const char *name;    /* in the language itself, "Deutsch" */
	const char *english; /* "German"; the tag if it is not known */
	bool rtl;
	struct explain_texts *words;        /* of the site itself; NULL: nothing in this language */
	struct explain_texts *explanations; /* of the replies; NULL: nothing in this language */
};

/* A text that the catalogue does not use, and why. */
struct site_refusal {
	const char *tag; /* of a language of the site */
	enum ftg_id id;
	enum ftg_rule rule;
	bool own; /* it is an operator's own text */
};

struct earlier;

struct site {
	const struct voice *voice;
	ftg_catalog *catalog;
	struct site_language *language; /* in the order of their tags */
	size_t count;
	struct site_refusal *refusal; /* of texts in all languages of the catalogue */
	size_t refusals, refusal_room;
	bool for_senders;        /* without what the operator can do */
	struct earlier *earlier; /* to compare with; NULL: none. The caller's */
	bool failed;             /* memory was out */
};

/*
 * Loads the catalogue by the options of a voice, which must outlive the site, and lists its languages in only, names with
 * colons or commas between them, and English; NULL: all. Returns false after an error message. site_close() in any case.
 */
bool site_open(struct site *site, const struct voice *voice, const char *only);
void site_close(struct site *site);

/* The voice of a language of the site. */
struct ftg_voice site_voice(const struct site *site, const struct site_language *language, enum ftg_encoding encoding);

/* Why the translation of a reply, or its own text, is not used in a language; NULL: it is used, or there is none. */
const struct site_refusal *site_refusal(const struct site *site, const struct site_language *language, enum ftg_id id);

/* The language of the site by its tag; NULL if it has none. */
const struct site_language *site_find(const struct site *site, const char *tag);

#endif
