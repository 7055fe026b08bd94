/* Own texts of entries of the access lists: compiled once the entry is known, and spoken when it refuses. */
#include <errno.h>
#include <ftgate/catalog.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/internal.h"

/*
 * Compiles the text of an entry that refuses; the database can hold anything. One that breaks a rule is left out, and the
 * log says so.
 */
static ftg_text *
compile(struct smtp_session *s, enum ftg_id id, const char *text)
{
	struct ftg_refusal refusal;
	ftg_text *compiled = *text != '\0' ? ftg_text_compile(id, s->config->profile, text, strlen(text), &refusal)
	                                   : NULL;

	if (compiled == NULL && *text != '\0' && errno == EINVAL)
		s->outlet->log(s->outlet, "access-text-refused", "ref", ftg_row(id)->ref, "rule",
		    ftg_rule_name(refusal.rule), "detail", refusal.detail, NULL);
	return compiled;
}

/* Where the texts are kept; NULL if there are none and this one is none, or memory is out. */
static struct access_texts *
texts_for(struct smtp_session *s, const char *text)
{
	if (s->texts == NULL && *text != '\0')
		s->texts = calloc(1, sizeof *s->texts);
	return s->texts;
}

void
access_text_of_client(struct smtp_session *s, const char *text)
{
	struct access_texts *texts = texts_for(s, text);

	if (texts != NULL && texts->client == NULL)
		texts->client = compile(s, s->access & ACCESS_REFUSED ? ERR_SMTP_REJECT_IP : ERR_SECPOL_BLACK, text);
}

void
access_text_of_sender(struct smtp_session *s, const char *text)
{
	struct access_texts *texts = texts_for(s, text);

	if (texts == NULL)
		return;
	s->outlet->speak_text(s->outlet, NULL);
	ftg_text_free(texts->sender);
	texts->sender = compile(s, ERR_SMTP_SENDERBLACKLISTED, text);
}

void
access_texts_free(struct smtp_session *s)
{
	if (s->texts == NULL)
		return;
	ftg_text_free(s->texts->client);
	ftg_text_free(s->texts->sender);
	free(s->texts);
}
