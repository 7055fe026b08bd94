/* STLS (RFC 2595): begins TLS, and resets the session after the handshake. */
#include <stdlib.h>

#include "pop3/internal.h"

bool
stls_is_offered(const struct pop3_session *s)
{
	return !s->encrypted && s->outlet->can_encrypt(s->outlet);
}

bool
stls_is_missing(const struct pop3_session *s)
{
	return s->config->tls_required && !s->encrypted;
}

/* The reply is the last octets in clear text, so it is sent here, before the handshake begins. */
struct ftg_reply
stls_start(struct pop3_session *s, const char *arg, size_t len)
{
	const struct ftg_reply ready = ftg_reply(FTG_POP_TLSOK);

	(void)arg, (void)len;
	if (s->encrypted)
		return refuse_for(s, ERR_POP_SYNTAX, "encrypted");
	if (!stls_is_offered(s))
		return ftg_reply(FTG_POP_NO_TLS);
	s->outlet->reply(s->outlet, &ready);
	s->state = POP3_ENCRYPTING;
	s->outlet->encrypt(s->outlet);
	return answered();
}

/* The error count survives: it is our observation, not the client's statement (RFC 2595 section 4). */
void
pop3_session_encrypted(struct pop3_session *s)
{
	s->encrypted = true;
	if (s->state == POP3_CLOSED)
		return;
	login_forget(s);
	s->outlet->prefer(s->outlet, LANGUAGE_OF_CLIENT, "");
	s->outlet->utf8(s->outlet, false);
	s->utf8 = false;
	s->state = POP3_AUTHORIZATION;
}
