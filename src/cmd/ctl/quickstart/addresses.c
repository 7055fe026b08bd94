/* The addresses of this machine. */
#include "cmd/ctl/quickstart/addresses.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Networks whose addresses the world cannot reach (RFC 6890). */
static bool
is_public(const struct network *address)
{
	static const char *const others[] = { "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8",
		"169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3", "::/128", "::1/128", "fc00::/7",
		"fe80::/10", "ff00::/8" };
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct network network, widened = *address;
		if (!network_parse(&network, others[i]))
			continue;
		network_widen(&widened, network.bits);
		if (memcmp(&widened.octets, &network.octets, NETWORK_OCTETS) == 0)
			return false;
	}
	return true;
}

static bool
read_interface(const struct ifaddrs *interface, struct network *address)
{
	static const unsigned char mapped[12] = { [10] = 0xFF, [11] = 0xFF };
	const struct sockaddr *found = interface->ifa_addr;
	*address = (struct network) { .bits = NETWORK_BITS };
	if (found == NULL || (interface->ifa_flags & IFF_UP) == 0)
		return false;
	if (found->sa_family == AF_INET6) {
		memcpy(address->octets, &((const struct sockaddr_in6 *)(const void *)found)->sin6_addr, NETWORK_OCTETS);
		return true;
	}
	memcpy(address->octets, mapped, sizeof mapped);
	if (found->sa_family == AF_INET)
		memcpy(
		    address->octets + sizeof mapped, &((const struct sockaddr_in *)(const void *)found)->sin_addr, 4);
	return found->sa_family == AF_INET;
}

size_t
addresses_find(struct network addresses[], size_t room)
{
	struct ifaddrs *interfaces = NULL;
	size_t count = 0;
	if (getifaddrs(&interfaces) < 0)
		return 0;
	for (const struct ifaddrs *at = interfaces; at != NULL && count < room; at = at->ifa_next) {
		struct network address;
		if (read_interface(at, &address) && is_public(&address))
			addresses[count++] = address;
	}
	freeifaddrs(interfaces);
	return count;
}
