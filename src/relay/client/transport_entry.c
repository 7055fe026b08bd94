/* Sets up a transport for an entry of the queue. */
#include "relay/client/transport_entry.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text/ascii.h"
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

/* The state of a search for the end of the header, an empty line, which may be parted by the end of a block. */
struct header_search {
	bool line_start, ended, ascii;
};

static void
search(struct header_search *search, const char *octets, size_t len)
{
	for (size_t i = 0; i < len && search->ascii && !search->ended; i++) {
		search->ascii = (unsigned char)octets[i] <= 0x7F;
		search->ended = search->line_start && octets[i] == '\n';
		search->line_start = octets[i] == '\n';
	}
}

/* A header that cannot be read counts as ASCII: reading the message will fail with the cause. */
static bool
header_is_ascii(int message, uint64_t skip)
{
	char block[8192];
	struct header_search header = { .line_start = true, .ascii = true };
	size_t read = 0;
	ssize_t got;
	while (read < HEADER_MAX && header.ascii && !header.ended &&
	    (got = TEMP_FAILURE_RETRY(pread(message, block, sizeof block, (off_t)(skip + read)))) > 0) {
		search(&header, block, (size_t)got);
		read += (size_t)got;
	}
	return header.ascii;
}

bool
transport_has_utf8_address(const struct transport *t)
{
	if (!ascii_is_all(t->sender, strlen(t->sender)))
		return true;
	for (size_t i = 0; i < t->count; i++)
		if (!ascii_is_all(t->recipients[i].address, strlen(t->recipients[i].address)))
			return true;
	return false;
}

bool
transport_needs_utf8(const struct transport *t)
{
	return transport_has_utf8_address(t) || (t->utf8 && !header_is_ascii(t->message, t->local_prefix_len));
}
