/* Fuzzes the reader of the domains of authors; the first octet of an input says in what pieces the others come. */
#include "message/author_domains.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
find(struct author_domains *authors, const uint8_t *data, size_t size, size_t piece)
{
	for (size_t at = 0; at < size; at += piece)
		author_domains_read(authors, (const char *)data + at, piece < size - at ? piece : size - at, false);
	author_domains_read(authors, NULL, 0, true);
	if (authors->count > AUTHOR_DOMAINS_MAX || authors->comment != 0 || authors->quoted || authors->at != 0)
		abort();
	for (size_t i = 0; i < authors->count; i++)
		if (authors->names[i][0] == '\0' || strlen(authors->names[i]) > ADDRESS_DOMAIN_MAX)
			abort();
}

/* Whatever the pieces are, the result is the same, and what could be an address is found or unclear. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct author_domains whole = { 0 }, parts = { 0 };

	if (size < 2)
		return 0;
	find(&whole, data + 1, size - 1, size - 1);
	find(&parts, data + 1, size - 1, data[0] + 1u);
	if (whole.count != parts.count || whole.unclear != parts.unclear ||
	    memcmp(whole.names, parts.names, sizeof whole.names) != 0)
		abort();
	if (memchr(data + 1, '@', size - 1) != NULL && whole.count == 0 && !whole.unclear)
		abort();
	return 0;
}
