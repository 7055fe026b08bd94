/* XLANG: the client chooses the language of replies, as in draft-melnikov-smtp-lang, which was never registered. */
#include <stdio.h>
#include <string.h>

#include "smtp/internal.h"
#include "smtp/params.h"

#include <ftgate/catalog.h>

void
xlang_prefer(struct smtp_session *s, enum language_source source, const char *language)
{
	if (s->outlet->prefer != NULL)
		s->outlet->prefer(s->outlet, source, language);
}

bool
xlang_is_offered(const struct smtp_session *s)
{
	return s->config->xlang && s->outlet->prefer != NULL;
}

/* Appends a word to the list if it fits whole. Returns the new length. */
static size_t
add_word(char *list, size_t size, size_t len, const char *word)
{
	int n = snprintf(list + len, size - len, " %s", word);
	if (n > 0 && (size_t)n < size - len)
		return len + (size_t)n;
	list[len] = '\0';
	return len;
}

/*
 * The built-in English has the tag i-default, since the catalogue may have an English of its own. Leaves out languages that
 * would be sent as another one.
 */
void
xlang_names(const struct smtp_session *s, char *names, size_t size)
{
	const ftg_catalog *catalog = s->outlet->voice(s->outlet).catalog;
	size_t len = add_word(names, size, 0, LANGUAGE_DEFAULT);

	for (ftg_lang i = FTG_ENGLISH + 1; i < ftg_catalog_languages(catalog); i++) {
		const char *tag = ftg_catalog_tag(catalog, i);
		if (strcmp(tag, ftg_catalog_spoken(catalog, i, s->config->xlang_utf8 ? FTG_UTF8 : FTG_ASCII)) == 0)
			len = add_word(names, size, len, tag);
	}
}

static bool
is_any(struct span word)
{
	return word.len == 1 && *word.text == '*';
}

static struct ftg_reply
about(const char *tag)
{
	return ftg_reply_text(FTG_SMTP_LANGUAGE, tag, strlen(tag));
}

/* The language in which replies are sent from now on. */
static struct ftg_reply
about_voice(struct smtp_session *s)
{
	struct ftg_voice voice = s->outlet->voice(s->outlet);
	return about(ftg_catalog_spoken(voice.catalog, voice.language, voice.encoding));
}

/* "*": drops the choice of the client. */
static struct ftg_reply
choose_any(struct smtp_session *s)
{
	xlang_prefer(s, LANGUAGE_OF_CLIENT, "");
	return about_voice(s);
}

static struct ftg_reply
choose(struct smtp_session *s, struct span ranges)
{
	struct span word;

	while ((word = params_next(&ranges)).text != NULL) {
		if (is_any(word))
			return choose_any(s);
		const char *tag = session_language_find(s->outlet->voice(s->outlet).catalog, word.text, word.len);
		if (tag == NULL)
			continue;
		xlang_prefer(s, LANGUAGE_OF_CLIENT, tag);
		return strcmp(tag, LANGUAGE_DEFAULT) == 0 ? about(tag) : about_voice(s);
	}
	return ftg_reply(FTG_SMTP_NO_LANGUAGE);
}

struct ftg_reply
xlang_choose(struct smtp_session *s, const char *arg, size_t len)
{
	struct span ranges = { arg, len }, word;

	if (!xlang_is_offered(s))
		return refuse_for(s, ERR_SMTP_SYNTAX3, "not-offered");
	while ((word = params_next(&ranges)).text != NULL)
		if (!language_is_range(word.text, word.len) && !is_any(word))
			return ftg_reply_text(ERR_SMTP_SYNTAX2, word.text, word.len);
	return choose(s, (struct span) { arg, len });
}
