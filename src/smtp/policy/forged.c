/* Notes results of checks that a stranger has forged (RFC 8601 section 5): only this server's may reach its users. */
#include "message/authserv.h"
#include "smtp/policy/header_check.h"

static bool
is_stranger(const struct smtp_session *s)
{
	return s->user == NULL && !(s->access & ACCESS_RELAY);
}

bool
forged_may_be(const struct smtp_session *s)
{
	return s->config->remove_forged && is_stranger(s);
}

void
forged_look(struct smtp_session *s, const struct header_field *field)
{
	struct header_checks *state = s->message.checks;
	if (!forged_may_be(s) || !field->first)
		return;
	if (!authserv_is_forged(
	        field->name, strlen(field->name), field->value, field->len, field->last, s->config->hostname))
		return;
	struct text_buffer names = { state->forged, sizeof state->forged, strlen(state->forged) };
	text_buffer_put(&names, "%s%s", names.len > 0 ? " " : "", field->name);
	state->forged[names.len] = '\0';
}
