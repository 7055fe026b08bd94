/* Domains, local parts and user names: whatever they hold, their form that is compared is one, and stays the same. */
#include "base/address/idna.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address_key.h"

enum { TEXT_MAX = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
look_at_domain(const char *text)
{
	char name[DNS_NAME_SIZE], again[DNS_NAME_SIZE], shown[256];
	if (!idna_to_ascii(name, text))
		return;
	require(dns_name_is_valid(name, strlen(name)));
	for (const char *at = name; *at != '\0'; at++)
		require((unsigned char)*at < 0x80 && (*at < 'A' || *at > 'Z'));
	require(idna_to_ascii(again, name) && strcmp(again, name) == 0);
	idna_to_unicode(shown, sizeof shown, name);
	require(idna_to_ascii(again, shown) && strcmp(again, name) == 0);
}

static void
look_at_local_part(const char *text)
{
	char key[ADDRESS_LOCAL_MAX + 1], again[ADDRESS_LOCAL_MAX + 1], local[ADDRESS_LOCAL_MAX + 1];
	require(address_key(key, text) && strlen(key) <= ADDRESS_LOCAL_MAX);
	require(address_key(again, key) && strcmp(again, key) == 0);
	if (strlen(text) > ADDRESS_LOCAL_MAX)
		return;
	memcpy(local, text, strlen(text) + 1);
	if (address_normalise(local))
		require(address_key(again, local) && strcmp(again, key) == 0);
}

static void
look_at_name(const char *text)
{
	struct address address;
	char name[ADDRESS_TEXT_SIZE];
	if (!address_split(&address, text))
		return;
	memcpy(name, address.local, strlen(address.local) + 1);
	if (address.domain[0] != '\0') {
		strcat(name, "@");
		strcat(name, address.domain);
	}
	require(address_same(text, text));
	(void)address_same(text, name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[TEXT_MAX];
	if (size >= sizeof text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	look_at_domain(text);
	look_at_local_part(text);
	look_at_name(text);
	return 0;
}
