/* Refuses messages whose header is malformed, or lacks a required field (#4.40). */
#include "smtp/policy/header_check.h"

/* A subject may be empty (RFC 5322 section 3.6.5). */
static const struct required {
	const char *name, *cause;
	bool may_be_empty;
} required[] = {
	{ "From", "no-from", false },
	{ "To", "no-to", false },
	{ "Date", "no-date", false },
	{ "Subject", "no-subject", true },
};

enum { REQUIRED = sizeof required / sizeof *required };

static bool
is_asked(const struct smtp_session *s)
{
	return s->config->header_check == CONTENT_ALL || (s->config->header_check == CONTENT_USERS && s->user != NULL);
}

/* A Date is added to a message of a user that has none. */
static bool
is_added(const struct smtp_session *s, const char *name)
{
	return submission_is(s) && !s->message.checks->date && strcmp(name, "Date") == 0;
}

void
required_look(struct smtp_session *s, const struct header_field *field)
{
	if (!field->first || !is_asked(s))
		return;
	for (unsigned i = 0; i < REQUIRED; i++)
		if (header_is(field, required[i].name) && (field->len > 0 || required[i].may_be_empty))
			s->message.checks->present |= 1U << i;
}

void
required_end(struct smtp_session *s)
{
	if (!is_asked(s))
		return;
	if (s->message.checks->header.malformed)
		header_refuse(s, ERR_SMTP_MESSAGE_HEADER, "malformed");
	for (unsigned i = 0; i < REQUIRED; i++)
		if (!(s->message.checks->present & 1U << i) && !is_added(s, required[i].name))
			header_refuse(s, ERR_SMTP_MESSAGE_HEADER, required[i].cause);
}
