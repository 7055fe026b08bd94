/* Fuzzes the parser of the names of mailbox stores. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/network.h"
#include "port/store_name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* A server has a path, or an IP address and a port; what is no server leaves the address alone. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct network network;
	struct channel_address address = { .host = "x" };
	char *name = strndup((const char *)data, size);
	require(name != NULL);
	if (store_name_parse(name, &address) != STORE_LMTP)
		require(strcmp(address.host, "x") == 0 && address.port == 0);
	else
		require((address.host[0] == '/' || network_parse_address(&network, address.host)) &&
		    address.port >= 1 && address.port <= 65535 && strlen(name) < STORE_NAME_SIZE);
	free(name);
	return 0;
}
