/* Refuses messages with too many addresses in To and Cc (#4.55). */
#include "smtp/policy/header_check.h"

void
addresses_look(struct smtp_session *s, const struct header_field *field)
{
	struct address_list *listed = &s->message.checks->listed;

	if (s->config->max_header_addresses == 0 || (!header_is(field, "To") && !header_is(field, "Cc")))
		return;
	address_list_read(listed, field->value, field->len, field->last);
	if (listed->count > s->config->max_header_addresses)
		header_refuse(s, ERR_SMTP_BULKFAILED, "addresses");
}
