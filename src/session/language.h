/* The language of a session: the first preferred language that the catalogue has; and whose own texts it speaks. */
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

enum { SESSION_DOMAIN_SIZE = 256 }; /* the name of a domain with its NUL */

/* All zero: no preferences. */
struct session_language {
	const char *listener; /* the language of the listener; NULL or "": none */
	bool utf8;            /* a language that the client has chosen is sent in UTF-8 */
	bool all_utf8;        /* every language is sent in UTF-8 */
	bool known;           /* language and client are valid for this generation of the catalogue */
	bool client;          /* language is the one that the client has chosen */
	unsigned generation;
	ftg_lang language; /* -1: the language of the process */
	int domain;        /* number of the domain whose own texts are spoken; 0: none */
	char preferred[LANGUAGE_SOURCES][FTG_TAG_MAX];
	const ftg_text *text;                     /* spoken in place of the text of its reply; NULL: none */
	char account_domain[SESSION_DOMAIN_SIZE]; /* of the user who has logged in; "": none has */
	char domain_name[SESSION_DOMAIN_SIZE];    /* that a command is about; "": none */
};

/* Sets the language that a source prefers; "", or a text too long for a tag: none. */
void session_language_prefer(struct session_language *chosen, enum language_source source, const char *language);

/*
 * Sets the domain, by its A-label, whose own texts are spoken: LANGUAGE_OF_ACCOUNT that of the user who has logged in,
 * who also gets the texts for users; LANGUAGE_OF_DOMAIN that of a recipient, or of a name that may not log in, for
 * other clients. "": none.
 */
void session_language_speak_of(struct session_language *chosen, enum language_source source, const char *domain);

/* Is it a basic language range other than "*" (RFC 4647 section 2.1)? */
bool language_is_range(const char *range, size_t len);

/* Returns the tag of the language that a range matches, or LANGUAGE_DEFAULT; the catalogue owns it. NULL: no match. */
const char *session_language_find(const ftg_catalog *catalog, const char *range, size_t len);

/*
 * Sets language, encoding, audience and domain of a voice to those of the session. generation must change whenever
 * voice->catalog does: languages and domains are looked up again only then, or when one of them has changed.
 */
void session_language_voice(struct session_language *chosen, unsigned generation, struct ftg_voice *voice);

#endif
