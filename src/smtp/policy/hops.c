/* Refuses messages that loop: with too many Received lines, or back at an address that had them (RFC 5321 section 6.3). */
#include <string.h>

#include "smtp/policy/header_check.h"

enum { DELIVERED_MAX = 100 }; /* Delivered-To lines that are looked at: a circle puts new ones in front */

/*
 * The reply is about addresses that the client has named alone. If it told that an alias or a list leads to the address of a
 * Delivered-To line, anybody could ask who is behind it. Such targets are left out (returned.c), but for mailboxes here of
 * aliases.
 */
static void
look_at_delivered(struct smtp_session *s, const struct address *address)
{
	if (envelope_has_rcpt(&s->envelope, address))
		header_refuse(s, ERR_SMTP_HOPSFAILED, "loop");
	else
		envelope_note_returned(&s->envelope, address);
}

void
hops_look(struct smtp_session *s, const struct header_field *field)
{
	struct header_checks *state = s->message.checks;
	struct address address;

	if (state->header.received > s->config->max_hops)
		header_refuse(s, ERR_SMTP_HOPSFAILED, "hops");
	if (!field->first || !field->last || !header_is(field, "Delivered-To") || state->delivered++ >= DELIVERED_MAX)
		return;
	if (address_parse(&address, field->value, field->len, false, true) == ADDRESS_OK)
		look_at_delivered(s, &address);
}
