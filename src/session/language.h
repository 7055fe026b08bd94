/* The language of a session: the first preferred language that the catalogue has. */
#ifndef SESSION_LANGUAGE_H
#define SESSION_LANGUAGE_H

#include <ftgate/catalog.h>

/*
 * The sources of a language preference; the first one in this order wins. The listener and the language of the process
 * follow.
 */
enum language_source {
	LANGUAGE_OF_CLIENT,  /* by XLANG or LANG */
	LANGUAGE_OF_ACCOUNT, /* the user who has logged in */
	LANGUAGE_OF_DOMAIN,  /* the domain of the recipient */
	LANGUAGE_SOURCES
};

/* The built-in English, in ASCII (RFC 2277 section 4.5). */
#define LANGUAGE_DEFAULT "i-default"

/* All zero: no preferences. */
struct session_language {
	const char *listener; /* the language of the listener; NULL or "": none */
	bool utf8;            /* a language that the client has chosen is sent in UTF-8 */
	bool all_utf8;        /* every language is sent in UTF-8 */
	bool known;           /* language and client are valid for this generation of the catalogue */
	bool client;          /* language is the one that the client has chosen */
	unsigned generation;
	ftg_lang language; /* -1: the language of the process */
	char preferred[LANGUAGE_SOURCES][FTG_TAG_MAX];
};

/* Sets the language that a source prefers; "", or a text too long for a tag: none. */
void session_language_prefer(struct session_language *chosen, enum language_source source, const char *language);

/* Is it a basic language range other than "*" (RFC 4647 section 2.1)? */
bool language_is_range(const char *range, size_t len);

/* Returns the tag of the language that a range matches, or LANGUAGE_DEFAULT; the catalogue owns it. NULL: no match. */
const char *session_language_find(const ftg_catalog *catalog, const char *range, size_t len);

/*
 * Sets language and encoding of a voice to those of the session. generation must change whenever voice->catalog does:
 * languages are looked up again only then, or when a preference has changed.
 */
void session_language_voice(struct session_language *chosen, unsigned generation, struct ftg_voice *voice);

#endif
