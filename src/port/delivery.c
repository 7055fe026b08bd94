/* Delivery of messages into mailboxes and the relay queue: shared by all implementations. */
#include "port/delivery.h"

#include "base/log.h"

void
delivery_finish(delivery_done *done, void *context, enum delivery_result result)
{
	done(context, &(struct delivery_outcome) { .result = result, .detail = "" });
}

void
delivery_log(struct stats_slot *stats, const struct queue_entry *entry, const struct mailbox *mailbox,
    const char *reply, int64_t now)
{
	stats_add(stats, STAT_DELIVERED, 1);
	log_begin("delivered");
	if (entry->session != NULL)
		log_put("session", entry->session);
	log_put("id", entry->id);
	log_put("from", entry->sender);
	log_put("mailbox", mailbox->address);
	if (entry->message_id != NULL)
		log_put("message-id", entry->message_id);
	if (reply != NULL)
		log_put("reply", reply);
	log_put_number("size", (long long)entry->size);
	log_put_number("delay", now - entry->arrival);
	log_end();
}
