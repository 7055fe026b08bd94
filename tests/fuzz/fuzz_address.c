/* Paths: whatever they hold, they parse within their octets, to parts within their limits, and again to the same. */
#include "base/address/address.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
look(const struct address *address, const char *text, size_t used)
{
	require(strlen(address->local) <= ADDRESS_LOCAL_MAX);
	require(strlen(address->domain) <= ADDRESS_DOMAIN_MAX);
	require(text[0] == '<' && text[used - 1] == '>');
	require(address->at + address->len == used - 1);
	require(!address->null || (*address->local == '\0' && *address->domain == '\0'));
	require(
	    memchr(text, '\r', used) == NULL && memchr(text, '\n', used) == NULL && memchr(text, '\0', used) == NULL);
}

/* The mailbox by itself, without a source route, says the same. */
static void
parse_again(const struct address *address, const char *text)
{
	struct address again;
	char path[4096];
	size_t used;

	if (address->len + 2 > sizeof path)
		return;
	path[0] = '<';
	memcpy(path + 1, text + address->at, address->len);
	path[address->len + 1] = '>';
	require(address_parse_path(&again, path, address->len + 2, &used, true, true, true) == ADDRESS_OK);
	require(used == address->len + 2);
	require(strcmp(again.local, address->local) == 0 && strcmp(again.domain, address->domain) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	const char *text = (const char *)data + 1;
	size_t len = size - 1, used;
	struct address address;
	enum address_error error = address_parse_path(&address, text, len, &used, *data & 1, *data & 2, *data & 4);

	require(used <= len && (used == 0) == (error == ADDRESS_SYNTAX));
	if (error != ADDRESS_SYNTAX)
		look(&address, text, used);
	if (error == ADDRESS_OK) {
		require(!address.utf8 || *data & 4);
		parse_again(&address, text);
	}
	address_domain_valid(text, len, *data & 4);
	return 0;
}
