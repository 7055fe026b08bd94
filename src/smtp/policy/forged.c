/* Notes results of checks that a client has forged (RFC 8601 section 5): only this server's may reach its users. */
#include "message/authserv.h"
#include "smtp/policy/header_check.h"

/* A client that may relay by its address can be a server in front of this one, which adds results in its name. */
bool
forged_may_be(const struct smtp_session *s)
{
	return s->config->remove_forged && (s->user != NULL || !(s->access & ACCESS_RELAY));
}

void
forged_look(struct smtp_session *s, const struct header_field *field)
{
	struct header_checks *state = s->message.checks;
	if (!forged_may_be(s) || !field->first)
		return;
	if (!authserv_is_forged(field->name, strlen(field->name), field->value, field->len, field->last,
	        s->config->hostname, s->user != NULL))
		return;
	struct text_buffer names = { state->forged, sizeof state->forged, strlen(state->forged) };
	text_buffer_put(&names, "%s%s", names.len > 0 ? " " : "", field->name);
	state->forged[names.len] = '\0';
}
