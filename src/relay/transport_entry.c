/* Sets up a transport for an entry of the queue. */
#include "relay/transport_entry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "message/header.h"

struct transport
transport_for_entry(const struct queue_entry *entry, const struct transport_manner *manner, const char *hostname)
{
	struct transport transport = {
		.manner = *manner,
		.sender = entry->sender,
		.utf8 = entry->utf8,
		.eightbit = entry->eightbit,
		.ret = entry->ret,
		.envid = entry->envid,
		.local_prefix_len = entry->local_prefix_len,
		.size = entry->size,
	};
	transport.manner.hostname = hostname;
	return transport;
}

static bool
is_ascii(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] > 0x7F)
			return false;
	return true;
}

/* A header that cannot be read counts as ASCII: reading the message will fail with the cause. */
static bool
header_is_ascii(int message, uint64_t skip)
{
	char block[8192];
	size_t read = 0;
	ssize_t got;
	while (read < HEADER_MAX &&
	    (got = TEMP_FAILURE_RETRY(pread(message, block, sizeof block, (off_t)(skip + read)))) > 0) {
		const char *end = memmem(block, (size_t)got, "\n\n", 2);
		if (!is_ascii(block, end != NULL ? (size_t)(end - block) : (size_t)got))
			return false;
		if (end != NULL)
			break;
		read += (size_t)got;
	}
	return true;
}

bool
transport_needs_utf8(const struct transport *t)
{
	if (!is_ascii(t->sender, strlen(t->sender)))
		return true;
	for (size_t i = 0; i < t->count; i++)
		if (!is_ascii(t->recipients[i].address, strlen(t->recipients[i].address)))
			return true;
	return t->utf8 && !header_is_ascii(t->message, t->local_prefix_len);
}
