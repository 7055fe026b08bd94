/* Refuses messages that consist of a header only (#4.43). */
#include "smtp/policy/header_check.h"

/* A message without a header, whose first line is no field, has a body. */
void
body_end(struct smtp_session *s)
{
	const struct header_checks *state = s->message.checks;

	if (s->config->body_check && !state->body && !state->header.malformed)
		header_refuse(s, ERR_SMTP_MESSAGE_BODY, "no-body");
}
