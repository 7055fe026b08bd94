/* How a server fares, told at its status socket. */
#ifndef PROCESS_STATUS_H
#define PROCESS_STATUS_H

#include "base/stats.h"
#include "base/text_buffer.h"
#include "port/limiter.h"
#include "process/catalog_holder.h"

/* What there is to tell. */
struct status {
	const struct stats *stats;
	const struct catalog_holder *catalogs;
	unsigned workers;
	struct limiter *limiter; /* NULL: there is no blacklist */
};

/*
 * Answers a request, which is a line. "status": lines of a name and a value, a line "reply REF ID COUNT" for each reply
 * that was said, and "end". "blacklist-remove ADDRESS" and "blacklist-clear" take addresses off the temporary blacklist
 * and are answered "removed", their number, and "end". Another request gets a line "error" with an English sentence. context is a struct status.
 */
void status_answer(void *context, const char *request, struct text_buffer *buffer);

#endif
