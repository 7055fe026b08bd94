/* Names of the DNS. */
#include "base/address/dns_name.h"

#include <stdio.h>

#include "base/text/ascii.h"

enum { REVERSE_SIZE = 4 * NETWORK_OCTETS + 1 };

bool
dns_name_is_valid(const char *text, size_t len)
{
	size_t label = 0;
	if (len == 0 || len > DNS_NAME_MAX || text[len - 1] == '.')
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '.' ? label == 0 : !ascii_is_alnum(text[i]) && text[i] != '-' && text[i] != '_')
			return false;
		label = text[i] == '.' ? 0 : label + 1;
		if (label > DNS_LABEL_MAX)
			return false;
	}
	return true;
}

/* "7.2.0.192", or 32 nibbles (RFC 3596 section 2.5). */
static void
write_backwards(char text[REVERSE_SIZE], const struct network *address)
{
	const unsigned char *octets = address->octets;
	size_t len = 0;
	if (network_is_ipv4(address)) {
		snprintf(text, REVERSE_SIZE, "%u.%u.%u.%u", octets[15], octets[14], octets[13], octets[12]);
		return;
	}
	for (size_t i = NETWORK_OCTETS; i-- > 0; len += 4)
		snprintf(text + len, REVERSE_SIZE - len, i > 0 ? "%x.%x." : "%x.%x", octets[i] & 15U, octets[i] >> 4);
}

bool
dns_name_reverse(char name[DNS_NAME_SIZE], const struct network *address, const char *zone)
{
	char backwards[REVERSE_SIZE];
	write_backwards(backwards, address);
	if (zone == NULL)
		zone = network_is_ipv4(address) ? "in-addr.arpa" : "ip6.arpa";
	return snprintf(name, DNS_NAME_SIZE, "%s.%s", backwards, zone) < DNS_NAME_SIZE;
}
