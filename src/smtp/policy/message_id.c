/* Keeps the Message-ID of a message in its queue entry, for the log lines of its deliveries. */
#include "smtp/policy/header_check.h"

enum { SHOWN_MAX = 250 }; /* octets that are kept */

/* The first field counts. Without memory the log lines have no Message-ID. */
void
message_id_look(struct smtp_session *s, const struct header_field *field)
{
	struct queue_entry *entry = s->envelope.relay;

	if (entry != NULL && entry->message_id == NULL && field->first && header_is(field, "Message-ID"))
		(void)queue_set_text(&entry->message_id, field->value, field->len, SHOWN_MAX);
}
