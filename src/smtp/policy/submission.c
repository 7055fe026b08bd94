/* Notes what a message of a user lacks or must not hold (RFC 6409 section 8). */
#include "message/address_complete.h"
#include "smtp/policy/header_check.h"

bool
submission_is(const struct smtp_session *s)
{
	return s->user != NULL || s->config->auth_required;
}

static void
note(void *context, size_t begin, size_t end)
{
	struct header_checks *state = context;
	(void)begin;
	(void)end;
	state->incomplete = true;
}

/* A value in several parts is taken to be incomplete: whether it is so is found when the header is written. */
void
submission_look(struct smtp_session *s, const struct header_field *field)
{
	struct header_checks *state = s->message.checks;
	if (!submission_is(s) || !field->first)
		return;
	state->date |= header_is(field, "Date");
	state->message_id |= header_is(field, "Message-ID");
	state->bcc |= header_is(field, "Bcc") || header_is(field, "Resent-Bcc");
	if (!address_complete_field(field->name, strlen(field->name)))
		return;
	if (field->last)
		address_complete(field->value, field->len, note, state);
	else
		state->incomplete = true;
}
