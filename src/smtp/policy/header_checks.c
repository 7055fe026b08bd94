/* Runs the checks of a message while it streams by. */
#include <stdlib.h>

#include "smtp/policy/header_check.h"

/* In the order in which they run. If several refuse the same octets, the first one gives the reply. */
static const struct header_check {
	void (*field)(struct smtp_session *s, const struct header_field *field);
	void (*header_end)(struct smtp_session *s);
	void (*message_end)(struct smtp_session *s);
} checks[] = {
	{ hops_look, NULL, NULL },
	{ lists_look, NULL, NULL },
	{ addresses_look, NULL, NULL },
	{ required_look, required_end, NULL },
	{ message_id_look, NULL, NULL },
	{ NULL, NULL, body_end },
	{ submission_look, NULL, NULL },
	{ forged_look, NULL, NULL },
	{ author_look, author_end, NULL },
};

enum { CHECKS = sizeof checks / sizeof *checks };

void
header_refuse(struct smtp_session *s, enum ftg_id id, const char *cause)
{
	if (s->message.fault.cause == NULL)
		s->message.fault = (struct message_fault) { id, cause };
}

static void
look_at_field(void *context, const struct header_field *field)
{
	for (unsigned i = 0; i < CHECKS; i++)
		if (checks[i].field != NULL)
			checks[i].field(context, field);
}

static void
end_header(struct smtp_session *s)
{
	for (unsigned i = 0; i < CHECKS; i++)
		if (checks[i].header_end != NULL)
			checks[i].header_end(s);
}

static bool
has_text(const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i] != ' ' && bytes[i] != '\t' && bytes[i] != '\r' && bytes[i] != '\n')
			return true;
	return false;
}

bool
header_checks_begin(struct smtp_session *s)
{
	struct header_checks *state = calloc(1, sizeof *state);

	if (state == NULL)
		return false;
	state->header.field = look_at_field;
	state->header.context = s;
	s->message.checks = state;
	return true;
}

void
header_checks_read(struct smtp_session *s, const char *bytes, size_t len)
{
	struct header_checks *state = s->message.checks;
	size_t taken = 0;

	if (state == NULL || s->message.fault.cause != NULL)
		return;
	if (!state->header.ended) {
		size_t before = state->header.size;
		header_scan(&state->header, bytes, len);
		taken = state->header.size - before;
		if (state->header.ended)
			end_header(s);
	}
	if (!state->body)
		state->body = has_text(bytes + taken, len - taken);
}

void
header_checks_end(struct smtp_session *s)
{
	struct header_checks *state = s->message.checks;

	if (state == NULL)
		return;
	if (!state->header.ended) {
		header_end(&state->header);
		end_header(s);
	}
	for (unsigned i = 0; i < CHECKS; i++)
		if (checks[i].message_end != NULL)
			checks[i].message_end(s);
	if (s->message.fault.cause == NULL)
		edits_make(s);
	header_checks_forget(s);
}

void
header_checks_forget(struct smtp_session *s)
{
	free(s->message.checks);
	s->message.checks = NULL;
}
