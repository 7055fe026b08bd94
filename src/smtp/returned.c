/* Recipients that have had a message already: who they are, nobody learns from a reply. */
#include <string.h>

#include "smtp/internal.h"

/* Logs one that has had it, and has it left out. */
static bool
is_returned(const void *context, const char *address)
{
	const struct smtp_session *s = context;

	if (!envelope_is_returned(&s->envelope, address))
		return false;
	event_returned(s, address);
	return true;
}

static void
leave_out(struct smtp_session *s, struct list_message *list)
{
	if (!list->returned && !envelope_is_returned(&s->envelope, list->name)) {
		list_message_remove(list, is_returned, s);
		return;
	}
	event_returned(s, list->name);
	list_message_empty(list);
}

static bool
is_returned_mailbox(const void *context, const struct mailbox *mailbox)
{
	const struct smtp_session *s = context;
	const struct delivery *delivery = s->message.delivery;

	return delivery->ops->sends_on(delivery, mailbox) && is_returned(s, mailbox->address);
}

/* A mailbox at another server may send the message on, to an alias that leads back to it. */
static void
leave_out_mailboxes(struct smtp_session *s)
{
	struct envelope *envelope = &s->envelope;
	struct delivery *delivery = s->message.delivery;

	if (delivery->ops->narrow == NULL)
		return;
	envelope_remove_mailboxes(envelope, is_returned_mailbox, s);
	delivery->ops->narrow(delivery, envelope->mailboxes, envelope->count);
}

void
returned_leave_out(struct smtp_session *s)
{
	struct envelope *envelope = &s->envelope;

	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		leave_out(s, envelope->lists->all[i]);
	if (envelope->relay != NULL)
		queue_entry_remove(envelope->relay, is_returned, s);
	leave_out_mailboxes(s);
}
