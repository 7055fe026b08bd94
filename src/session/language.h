/* The language of a session: wishes for it, of which the first that is there is spoken. */
#ifndef SESSION_LANGUAGE_H
#define SESSION_LANGUAGE_H

#include <ftgate/catalog.h>

/* Whose wish it is; the earlier goes first. After them comes the listener's, then the language of the process. */
enum language_source {
	LANGUAGE_OF_CLIENT,  /* said in the session */
	LANGUAGE_OF_ACCOUNT, /* of who has logged in */
	LANGUAGE_OF_DOMAIN,  /* of the recipient */
	LANGUAGE_SOURCES
};

/* The built-in English, of which all is ASCII (RFC 2277 section 4.5). */
#define LANGUAGE_DEFAULT "i-default"

/* All zero is a session without wishes. */
struct session_language {
	const char *listener; /* its wish; NULL or "": none */
	bool utf8;            /* what the client has wished for is spoken in UTF-8 */
	bool all_utf8;        /* all is */
	bool known;           /* language and client's are right for this generation of the catalogue */
	bool client;          /* the client's wish is fulfilled */
	unsigned generation;
	ftg_lang language; /* -1: that of the process */
	char preferred[LANGUAGE_SOURCES][FTG_TAG_MAX];
};

/* Wishes for a language from now on, "" for none. A text too long for a tag is none. */
void session_language_prefer(struct session_language *chosen, enum language_source whose, const char *language);

/* Is it a basic language range, but not "*" (RFC 4647 section 2.1)? */
bool language_is_range(const char *range, size_t len);

/* The tag of the language that a range finds, or LANGUAGE_DEFAULT; it is the catalogue's. NULL: there is none. */
const char *session_language_find(const ftg_catalog *catalog, const char *range, size_t len);

/*
 * Turns the voice of the process into that of the session. The number of a generation changes with its catalogue; only
 * then, or after another wish, anything is looked up.
 */
void session_language_voice(struct session_language *chosen, unsigned generation, struct ftg_voice *voice);

#endif
