/* Messages that have a header and nothing behind it. */
#include "smtp/policy/header_check.h"

/* A line that is no field is text: who wrote no header has written a body. */
void
body_end(struct smtp_session *s)
{
	const struct header_checks *state = s->message.checks;

	if (s->config->body_check && !state->body && !state->header.malformed)
		header_refuse(s, ERR_SMTP_MESSAGE_BODY, "no-body");
}
