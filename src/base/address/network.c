/* IP networks in CIDR notation, with IPv4 as a part of IPv6. */
#include "base/address/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

static const unsigned char ipv4_prefix[NETWORK_IPV4_BITS / 8] = { [10] = 0xFF, [11] = 0xFF };

bool
network_is_ipv4(const struct network *network)
{
	return network->bits >= NETWORK_IPV4_BITS && memcmp(network->octets, ipv4_prefix, sizeof ipv4_prefix) == 0;
}

static bool
parse_octets(struct network *network, const char *text)
{
	network->bits = NETWORK_BITS;
	if (inet_pton(AF_INET6, text, network->octets) == 1)
		return true;
	memcpy(network->octets, ipv4_prefix, sizeof ipv4_prefix);
	return inet_pton(AF_INET, text, network->octets + sizeof ipv4_prefix) == 1;
}

/* Copies the text before a mark; all of it if there is no mark. Returns false if it is longer than an address. */
static bool
copy_until(char copy[INET6_ADDRSTRLEN], const char *text, char mark)
{
	size_t len = (size_t)(strchrnul(text, mark) - text);
	if (len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return true;
}

bool
network_parse_address(struct network *network, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	return copy_until(address, text, '%') && parse_octets(network, address);
}

/* Parses a number of up to three digits. Returns -1 for other text. */
static int
parse_number(const char *text)
{
	int number = 0;
	size_t len = strspn(text, "0123456789");
	if (len == 0 || len > 3 || text[len] != '\0')
		return -1;
	for (size_t i = 0; i < len; i++)
		number = 10 * number + (text[i] - '0');
	return number;
}

bool
network_parse(struct network *network, const char *text)
{
	char address[INET6_ADDRSTRLEN];
	const char *slash = strchr(text, '/');
	if (!copy_until(address, text, '/') || !parse_octets(network, address))
		return false;
	if (slash == NULL)
		return true;
	bool ipv4 = strchr(address, ':') == NULL;
	int bits = parse_number(slash + 1);
	if (bits < 0 || bits > (ipv4 ? 32 : NETWORK_BITS))
		return false;
	struct network written = *network;
	network_widen(network, (unsigned)bits + (ipv4 ? NETWORK_IPV4_BITS : 0));
	return memcmp(written.octets, network->octets, NETWORK_OCTETS) == 0;
}

void
network_write(char text[NETWORK_TEXT_SIZE], const struct network *network)
{
	bool ipv4 = network_is_ipv4(network);
	const void *octets = network->octets + (ipv4 ? sizeof ipv4_prefix : 0);
	inet_ntop(ipv4 ? AF_INET : AF_INET6, octets, text, NETWORK_TEXT_SIZE);
	size_t len = strlen(text);
	if (network->bits < NETWORK_BITS)
		snprintf(text + len, NETWORK_TEXT_SIZE - len, "/%u",
		    network->bits - (ipv4 ? (unsigned)NETWORK_IPV4_BITS : 0));
}

void
network_widen(struct network *network, unsigned bits)
{
	for (unsigned i = 0; i < NETWORK_OCTETS; i++) {
		unsigned kept = bits <= 8 * i ? 0 : bits - 8 * i;
		if (kept < 8)
			network->octets[i] &= (unsigned char)(0xFF00U >> kept);
	}
	if (bits < network->bits)
		network->bits = bits;
}

uint32_t
network_ipv4_number(const struct network *network)
{
	const unsigned char *octets = network->octets + NETWORK_IPV4_BITS / 8;
	return (uint32_t)octets[0] << 24 | (uint32_t)octets[1] << 16 | (uint32_t)octets[2] << 8 | octets[3];
}
