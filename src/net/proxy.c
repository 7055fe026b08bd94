/* The header that a proxy puts before a connection: version 2 of the PROXY protocol (HAProxy's proxy-protocol.txt). */
#include "net/proxy.h"

#include <netinet/in.h>
#include <string.h>

enum {
	FIXED = 16, /* octets before the addresses: signature, version and command, family, length */
	COMMAND = 12,
	FAMILY = 13,
	LENGTH = 14,
	VERSION_LOCAL = 0x20,
	VERSION_PROXY = 0x21,
	TCP4 = 0x11,
	TCP6 = 0x21,
	TCP4_SIZE = 12, /* two addresses, two ports */
	TCP6_SIZE = 36,
};

static const unsigned char signature[12] = { 0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A };

static size_t
get_number(const unsigned char *at)
{
	return (size_t)at[0] << 8 | at[1];
}

/* Octets of the whole header, once its fixed part is there. */
static size_t
whole_length(const struct proxy *proxy)
{
	return proxy->len < FIXED ? FIXED : FIXED + get_number(&proxy->header[LENGTH]);
}

/* Can the octets read so far be the beginning of a header? */
static bool
is_sound(const struct proxy *proxy)
{
	const unsigned char *header = proxy->header;
	size_t seen = proxy->len < sizeof signature ? proxy->len : sizeof signature;
	if (memcmp(header, signature, seen) != 0)
		return false;
	if (proxy->len > COMMAND && header[COMMAND] != VERSION_LOCAL && header[COMMAND] != VERSION_PROXY)
		return false;
	if (proxy->len < FIXED)
		return true;
	if (whole_length(proxy) > PROXY_HEADER_MAX)
		return false;
	if (header[COMMAND] == VERSION_LOCAL)
		return true;
	size_t addresses = get_number(&header[LENGTH]);
	return (header[FAMILY] == TCP4 && addresses >= TCP4_SIZE) || (header[FAMILY] == TCP6 && addresses >= TCP6_SIZE);
}

static void
read_end(struct proxy_end *end, int family, const unsigned char *address, const unsigned char *port)
{
	ip_write(end->address, family, address);
	end->port = (unsigned short)get_number(port);
}

/* Section 2.2: source address, destination address, source port, destination port. */
static void
read_ends(struct proxy *proxy)
{
	bool v4 = proxy->header[FAMILY] == TCP4;
	int family = v4 ? AF_INET : AF_INET6;
	size_t size = v4 ? sizeof(struct in_addr) : sizeof(struct in6_addr);
	const unsigned char *source = proxy->header + FIXED;
	const unsigned char *ports = source + 2 * size;
	read_end(&proxy->client, family, source, ports);
	read_end(&proxy->server, family, source + size, ports + 2);
}

/* Keeps the needed part of the next octets. The fixed part is read whole before anything behind it is counted. */
static size_t
consume(struct proxy *proxy, const unsigned char *bytes, size_t len)
{
	size_t missing = whole_length(proxy) - proxy->len;
	size_t taken = len < missing ? len : missing;
	size_t room = proxy->len < sizeof proxy->header ? sizeof proxy->header - proxy->len : 0;
	size_t kept = taken < room ? taken : room;
	if (kept > 0)
		memcpy(proxy->header + proxy->len, bytes, kept);
	proxy->len += taken;
	return taken;
}

enum proxy_result
proxy_read(struct proxy *proxy, const void *bytes, size_t len, size_t *used)
{
	const unsigned char *at = bytes;
	*used = 0;
	do {
		*used += consume(proxy, at + *used, len - *used);
		if (!is_sound(proxy))
			return PROXY_BAD;
	} while (*used < len && proxy->len < whole_length(proxy));
	if (proxy->len < FIXED || proxy->len < whole_length(proxy))
		return PROXY_MORE;
	proxy->local = proxy->header[COMMAND] == VERSION_LOCAL;
	if (!proxy->local)
		read_ends(proxy);
	return PROXY_DONE;
}
