/* The textual forms of IP addresses. */
#include "base/address/ip.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

_Static_assert((int)IP_TEXT_SIZE == (int)INET6_ADDRSTRLEN, "the longest address fits");

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

bool
ip_write(char text[IP_TEXT_SIZE], int family, const void *octets)
{
	struct in6_addr v6;
	if (family == AF_INET6) {
		memcpy(&v6, octets, sizeof v6);
		if (IN6_IS_ADDR_V4MAPPED(&v6))
			return ip_write(text, AF_INET, &v6.s6_addr[sizeof v6 - sizeof(struct in_addr)]);
	}
	return inet_ntop(family, octets, text, IP_TEXT_SIZE) != NULL;
}

bool
ip_write_socket(char text[IP_TEXT_SIZE], const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)(const void *)address;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)(const void *)address;
	switch (address->sa_family) {
	case AF_INET: return ip_write(text, AF_INET, &v4->sin_addr);
	case AF_INET6: return ip_write(text, AF_INET6, &v6->sin6_addr);
	default: return false;
	}
}
