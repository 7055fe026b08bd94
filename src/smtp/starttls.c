/* STARTTLS (RFC 3207): begins TLS, and resets the session after the handshake. */
#include <stdlib.h>

#include "smtp/internal.h"

bool
starttls_is_offered(const struct smtp_session *s)
{
	return s->version == NULL && s->outlet->can_encrypt != NULL && s->outlet->can_encrypt(s->outlet);
}

bool
starttls_is_missing(const struct smtp_session *s)
{
	return s->config->tls_required && s->version == NULL;
}

/* The reply is the last octets in clear text, so it is sent here, before the handshake begins. */
struct ftg_reply
starttls_start(struct smtp_session *s, const char *arg, size_t len)
{
	const struct ftg_reply ready = ftg_reply(ERR_SMTP_TLSOK);

	(void)arg, (void)len;
	if (s->version != NULL)
		return ftg_reply(ERR_SMTP_SECUREFAILED);
	if (!starttls_is_offered(s))
		return ftg_reply(ERR_SMTP_SECUREFAILED2);
	s->outlet->reply(s->outlet, &ready);
	s->state = SMTP_ENCRYPTING;
	s->outlet->encrypt(s->outlet);
	return ftg_reply(FTG_IDS);
}

/* The error count survives STARTTLS: it is our observation, not the client's statement (RFC 3207 section 4.2). */
void
smtp_session_encrypted(struct smtp_session *s, const char *version, const char *cipher)
{
	s->version = version;
	s->cipher = cipher;
	if (s->state == SMTP_CLOSED)
		return;
	transaction_reset(s);
	xlang_prefer(s, LANGUAGE_OF_CLIENT, "");
	xlang_prefer(s, LANGUAGE_OF_ACCOUNT, "");
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_ACCOUNT, "");
	line_release(&s->line);
	free(s->name);
	free(s->user);
	free(s->rates);
	s->name = s->user = NULL;
	s->rates = NULL;
	s->account = 0;
	s->extended = false;
	s->state = SMTP_START;
}
