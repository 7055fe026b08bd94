/* Refuses messages that loop: with too many Received lines, or back in a mailbox or a list that had them (RFC 5321 section 6.3). */
#include <string.h>

#include "smtp/policy/header_check.h"

enum { DELIVERED_MAX = 100 }; /* Delivered-To lines that are looked at: a circle puts new ones in front */

static bool
is_recipient(const struct envelope *envelope, const struct address *address)
{
	struct mailbox mailbox = { 0 };

	return envelope_has_list(envelope, address) ||
	    (mailbox_set_address(&mailbox, address->local, address->domain) &&
	        envelope_has_mailbox(envelope, mailbox.address));
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
	if (address_parse(&address, field->value, field->len, false, true) == ADDRESS_OK &&
	    is_recipient(&s->envelope, &address))
		header_refuse(s, ERR_SMTP_HOPSFAILED, "loop");
}
