/* Fuzzes rewritten senders: the local part of a recipient, the sender of a message, and the file of secrets. */
#include "session/srs.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "session/srs_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { NOW = 1893456000 };

static const struct srs_secrets secrets = { .list = { { .made = NOW, .octets = "a secret of 32 octets" } },
	.count = 1 };

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Only an address that was made leads anywhere, and to its sender. */
static void
forward(const struct address *sender)
{
	struct address made, back;
	if (srs_forward(&made, &secrets, sender, "alias.example", NOW) != SRS_OK)
		return;
	require(strlen(made.local) <= ADDRESS_LOCAL_MAX && srs_is_tagged(made.local));
	enum srs_outcome outcome = srs_reverse(&back, &secrets, made.local, NOW);
	if (strncmp(made.local, "SRS0", 4) == 0)
		require(outcome == SRS_OK && strcmp(back.local, sender->local) == 0 &&
		    strcmp(back.domain, sender->domain) == 0);
	made.local[5] ^= 1;
	require(srs_reverse(&back, &secrets, made.local, NOW) == SRS_FORGED);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct srs_secrets read;
	struct address address;
	char local[ADDRESS_LOCAL_MAX + 1] = "";
	memcpy(local, data, size < ADDRESS_LOCAL_MAX ? size : ADDRESS_LOCAL_MAX);
	require(srs_reverse(&address, &secrets, local, NOW) != SRS_OK || strncmp(local, "SRS", 3) == 0);
	if (address_parse(&address, (const char *)data, size, false, true) == ADDRESS_OK)
		forward(&address);
	if (srs_parse_secrets(&read, (const char *)data, size))
		require(read.count > 0 && read.count <= SRS_SECRETS_MAX);
	return 0;
}
