/* Bounces: whatever the message is, each text of it ends where its length says, and reports come first. */
#include "message/bounce.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned parts;
	size_t octets;
};

static void
see(void *context, enum bounce_kind kind, const char *text, size_t len)
{
	struct seen *seen = context;
	char *copy = malloc(len + 1);

	assert(kind == BOUNCE_REPORT || kind == BOUNCE_TEXT);
	assert(copy != NULL);
	memcpy(copy, text, len); /* the sanitizer sees whether all of it is there */
	free(copy);
	seen->parts++;
	seen->octets += len;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen seen = { 0 };
	char *octets = malloc(size > 0 ? size : 1);

	assert(octets != NULL);
	memcpy(octets, data, size);
	bounce_read(octets, size, see, &seen);
	/* A text is passed once, and what base64 hides in it once more; no charset has more than six octets for one. */
	assert(seen.octets <= 16 * size + 64);
	free(octets);
	return 0;
}
