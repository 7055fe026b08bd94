/* The addresses that connections to other servers are made from. */
#include "config/source_addresses.h"

#include <stdio.h>
#include <string.h>

#include "base/address/network.h"
#include "base/text/translate.h"

static bool
read_address(struct endpoint *endpoint, const char *word, size_t len)
{
	char text[NETWORK_TEXT_SIZE], whole[NETWORK_TEXT_SIZE + sizeof "[]:0"];
	struct network address;
	if (len >= sizeof text)
		return false;
	snprintf(text, sizeof text, "%.*s", (int)len, word);
	if (!network_parse_address(&address, text))
		return false;
	snprintf(whole, sizeof whole, network_is_ipv4(&address) ? "%s:0" : "[%s]:0", text);
	return endpoint_parse(endpoint, whole);
}

int
source_addresses_read(struct source_addresses *addresses, const char *text, char error[SECTION_ERROR_SIZE])
{
	size_t len;
	*addresses = (struct source_addresses) { 0 };
	for (text = text != NULL ? text : ""; *(text += strspn(text, " ")) != '\0'; text += len) {
		struct endpoint address = { .len = 0 };
		len = strcspn(text, " ");
		int shown = (int)(len < 60 ? len : 60);
		if (!read_address(&address, text, len)) {
			snprintf(error, SECTION_ERROR_SIZE,
			    _("'%.*s' is not an IP address; write one of IPv4, one of IPv6, or both"), shown, text);
			return -1;
		}
		struct endpoint *at = address.address.any.sa_family == AF_INET ? &addresses->v4 : &addresses->v6;
		if (at->len != 0) {
			snprintf(error, SECTION_ERROR_SIZE,
			    _("'%.*s' is a second address of the same family; leave one out"), shown, text);
			return -1;
		}
		*at = address;
	}
	return 0;
}

int
source_addresses_check(const char *text, char error[SECTION_ERROR_SIZE])
{
	struct source_addresses addresses;
	return source_addresses_read(&addresses, text, error);
}
