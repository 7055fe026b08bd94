/* LANG and UTF8 (RFC 6856): the client chooses the language and the encoding of replies. */
#include <string.h>

#include "pop3/autonym.h"
#include "pop3/internal.h"

#include <ftgate/catalog.h>

static const ftg_catalog *
catalog_of(const struct pop3_session *s)
{
	return s->outlet->voice(s->outlet).catalog;
}

/* The built-in English has the tag i-default, since the catalogue may have an English of its own. */
static const char *
tag_of(const ftg_catalog *catalog, ftg_lang language)
{
	return language == FTG_ENGLISH ? LANGUAGE_DEFAULT : ftg_catalog_tag(catalog, language);
}

/* Sends the tag and the autonym of each language, in UTF-8 whatever the client has chosen (section 3.2). */
static void
send_languages(struct pop3_session *s)
{
	const ftg_catalog *catalog = catalog_of(s);

	for (ftg_lang i = FTG_ENGLISH; i < ftg_catalog_languages(catalog); i++) {
		char name[AUTONYM_MAX];
		autonym_write(name, tag_of(catalog, i));
		pop3_send_line(s, "%s %s", tag_of(catalog, i), name);
	}
	pop3_send_line(s, ".");
	s->more = NULL;
}

/* The reply is the first one in the new language. */
static struct ftg_reply
choose(struct pop3_session *s, const char *tag)
{
	s->outlet->prefer(s->outlet, LANGUAGE_OF_CLIENT, tag);
	return ftg_reply_text(FTG_POP_LANGUAGE, tag, strlen(tag));
}

/*
 * "*": the language that the session has without a choice of the client. It is chosen by its tag, so that it is sent in
 * UTF-8. Before the login it is the same for all users (section 7).
 */
static struct ftg_reply
choose_any(struct pop3_session *s)
{
	s->outlet->prefer(s->outlet, LANGUAGE_OF_CLIENT, "");
	struct ftg_voice voice = s->outlet->voice(s->outlet);
	return choose(s, tag_of(voice.catalog, voice.language));
}

struct ftg_reply
lang_choose(struct pop3_session *s, const char *arg, size_t len)
{
	if (len == 0)
		return listing_begin(s, ftg_reply(FTG_POP_LANGUAGES), send_languages);
	if (len == 1 && *arg == '*')
		return choose_any(s);
	if (!language_is_range(arg, len))
		return ftg_reply(ERR_POP_SYNTAX);
	const char *tag = session_language_find(catalog_of(s), arg, len);
	return tag != NULL ? choose(s, tag) : ftg_reply(FTG_POP_NO_LANGUAGE);
}

struct ftg_reply
lang_utf8(struct pop3_session *s, const char *arg, size_t len)
{
	(void)arg, (void)len;
	s->utf8 = true;
	s->outlet->utf8(s->outlet, true);
	return ftg_reply(FTG_POP_UTF8);
}
