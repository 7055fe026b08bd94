/* Delivery of messages into mailboxes and the relay queue: shared by all implementations. */
#include "port/delivery.h"

#include "base/log/log.h"

void
delivery_finish(delivery_done *done, void *context, enum delivery_result result)
{
	done(context, &(struct delivery_outcome) { .result = result, .detail = "" });
}

static void
begin(const char *event, const struct queue_entry *entry)
{
	log_begin(event);
	log_put("session", entry->session);
	log_put("id", entry->id);
	log_put("from", log_show_path(entry->sender));
}

void
delivery_log(struct stats_slot *stats, const struct queue_entry *entry, const struct mailbox *mailbox,
    const char *reply, int64_t now)
{
	stats_add(stats, STAT_DELIVERED, 1);
	begin("delivered", entry);
	log_put("mailbox", mailbox->address);
	log_put("message-id", entry->message_id);
	log_put("reply", reply);
	log_put_number("size", (long long)entry->size);
	log_put_number("delay", now - entry->arrival);
	log_end();
}

void
delivery_log_queued(const struct queue_entry *entry)
{
	for (size_t i = 0; i < entry->count; i++) {
		if (entry->recipients[i].state != QUEUE_WAITING)
			continue;
		begin("queued", entry);
		log_put("to", entry->recipients[i].address);
		log_put("message-id", entry->message_id);
		log_put_number("size", (long long)entry->size);
		log_end();
	}
}
