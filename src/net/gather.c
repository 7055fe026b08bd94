/* Output of sessions, gathered so that many replies leave at once: a buffer for whichever connection writes. */
#include "net/gather.h"

#include <string.h>

static void
send_all(struct gather *gather)
{
	struct encryption *writer = gather->writer;
	size_t len = gather->len;
	gather->writer = NULL;
	gather->len = 0;
	if (len > 0)
		encryption_write(writer, gather->octets, len);
}

char *
gather_reserve(struct gather *gather, struct encryption *writer, size_t len)
{
	if (gather->writer != writer || GATHER_SIZE - gather->len < len)
		send_all(gather);
	gather->writer = writer;
	return gather->octets + gather->len;
}

void
gather_add(struct gather *gather, size_t len)
{
	gather->len += len;
}

void
gather_put(struct gather *gather, struct encryption *writer, const char *octets, size_t len)
{
	while (len > 0) {
		size_t part = len < GATHER_SIZE ? len : GATHER_SIZE;
		memcpy(gather_reserve(gather, writer, part), octets, part);
		gather_add(gather, part);
		octets += part;
		len -= part;
	}
}

void
gather_flush(struct gather *gather, const struct encryption *writer)
{
	if (gather->writer == writer)
		send_all(gather);
}

void
gather_forget(struct gather *gather, const struct encryption *writer)
{
	if (gather->writer != writer)
		return;
	gather->writer = NULL;
	gather->len = 0;
}
