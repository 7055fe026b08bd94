/* Delivery of messages into mailboxes and the relay queue: shared by all implementations. */
#include "port/delivery.h"

#include <string.h>

#include "base/log/log.h"

void
delivery_finish(delivery_done *done, void *context, enum delivery_result result)
{
	done(context, &(struct delivery_outcome) { .result = result, .detail = "" });
}

bool
delivery_append_lines(struct delivery *delivery, const char *octets, size_t len)
{
	const char *end = octets + len;
	while (octets < end) {
		const char *stop = memchr(octets, '\n', (size_t)(end - octets));
		size_t run = (size_t)((stop != NULL ? stop : end) - octets);
		if (!delivery->ops->append(delivery, octets, run) ||
		    (stop != NULL && !delivery->ops->append(delivery, "\r\n", 2)))
			return false;
		octets += run + (stop != NULL);
	}
	return true;
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
