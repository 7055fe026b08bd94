/* The language of a session: wishes for it, of which the first that is there is spoken. */
#ifndef SESSION_LANGUAGE_H
#define SESSION_LANGUAGE_H

#include <ftgate/catalog.h>

/* Whose wish it is; the earlier goes first. After them comes the listener's, then the language of the process. */
enum speech_wish {
	SPEECH_CLIENT,  /* said in the session */
	SPEECH_ACCOUNT, /* of who has logged in */
	SPEECH_DOMAIN,  /* of the recipient */
	SPEECH_WISHES
};

/* The built-in English, of which all is ASCII (RFC 2277 section 4.5). */
#define SPEECH_DEFAULT "i-default"

/* All zero is a session without wishes. */
struct speech {
	const char *listener; /* its wish; NULL or "": none */
	bool utf8;            /* what the client has wished for is spoken in UTF-8 */
	bool all_utf8;        /* all is */
	bool known;           /* language and client's are right for this generation of the catalogue */
	bool client;          /* the client's wish is fulfilled */
	unsigned generation;
	ftg_lang language; /* -1: that of the process */
	char wish[SPEECH_WISHES][FTG_TAG_MAX];
};

/* Wishes for a language from now on, "" for none. A text too long for a tag is none. */
void speech_wish(struct speech *speech, enum speech_wish whose, const char *language);

/* Is it a basic language range, but not "*" (RFC 4647 section 2.1)? */
bool speech_is_range(const char *range, size_t len);

/* The tag of the language that a range finds, or SPEECH_DEFAULT; it is the catalogue's. NULL: there is none. */
const char *speech_find(const ftg_catalog *catalog, const char *range, size_t len);

/*
 * Turns the voice of the process into that of the session. The number of a generation changes with its catalogue; only
 * then, or after another wish, anything is looked up.
 */
void speech_voice(struct speech *speech, unsigned generation, struct ftg_voice *voice);

#endif
