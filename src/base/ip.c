/* The textual forms of IP addresses. */
#include "base/ip.h"

#include <arpa/inet.h>
#include <string.h>

static bool
is_address(int family, const char *text, size_t len)
{
	char copy[INET6_ADDRSTRLEN];
	unsigned char binary[sizeof(struct in6_addr)];

	if (len >= sizeof copy || memchr(text, '\0', len) != NULL)
		return false;
	memcpy(copy, text, len);
	copy[len] = '\0';
	return inet_pton(family, copy, binary) == 1;
}

bool
ip_is_v4(const char *text, size_t len)
{
	return is_address(AF_INET, text, len);
}

bool
ip_is_v6(const char *text, size_t len)
{
	return is_address(AF_INET6, text, len);
}
