/* The contents of a delivery status notification: which recipients, and how much of the message. */
#include "relay/dsn/dsn_report.h"

#include <string.h>

#include "base/text/ascii.h"

enum {
	WHOLE_MAX = 64 << 10,       /* octets of a message that is returned whole if the sender asked for nothing */
	WHOLE_ASKED_MAX = 10 << 20, /* and if the sender asked for it (RET=FULL) */
};

static bool
wants(const struct queue_recipient *recipient, enum dsn_notify what, bool unasked)
{
	if (recipient->noticed & what)
		return false;
	return recipient->notify == 0 ? unasked : recipient->notify & what;
}

/* A DSN has the null sender, and no DSN is sent about it (RFC 3464 section 2). */
unsigned
dsn_due(const struct queue_entry *entry, const struct queue_recipient *recipient, int64_t now, int64_t delay)
{
	bool late = delay > 0 && recipient->attempts > 0 && now >= entry->arrival + delay;
	if (entry->sender[0] == '\0')
		return 0;
	switch (recipient->state) {
	case QUEUE_FAILED:
	case QUEUE_EXPIRED: return wants(recipient, DSN_FAILURE, true) ? DSN_FAILURE : 0;
	case QUEUE_WAITING: return late && wants(recipient, DSN_DELAY, true) ? DSN_DELAY : 0;
	case QUEUE_DELIVERED: return wants(recipient, DSN_SUCCESS, false) ? DSN_SUCCESS : 0;
	default: return 0;
	}
}

bool
dsn_is_here(const struct queue_recipient *recipient)
{
	return recipient->state == QUEUE_DELIVERED && recipient->reply == NULL;
}

bool
dsn_is_global(const struct dsn_report *report)
{
	const struct queue_entry *entry = report->entry;
	if (!ascii_is_all(entry->sender, strlen(entry->sender)))
		return true;
	for (size_t i = 0; i < entry->count; i++) {
		const char *address = entry->recipients[i].address;
		if (report->due[i] != 0 && !ascii_is_all(address, strlen(address)))
			return true;
	}
	return false;
}

/* RFC 3461 section 4.3: RET applies to failures only; other DSNs return the header. */
bool
dsn_returns_all(const struct dsn_report *report)
{
	const struct queue_entry *entry = report->entry;
	unsigned all = 0;
	for (size_t i = 0; i < entry->count; i++)
		all |= report->due[i];
	if (report->malformed || !(all & DSN_FAILURE) || entry->ret == DSN_RETURN_HEADERS)
		return false;
	return entry->size <= (entry->ret == DSN_RETURN_FULL ? WHOLE_ASKED_MAX : WHOLE_MAX);
}
