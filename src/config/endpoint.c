/* The address of a service, as text. */
#include "config/endpoint.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/translate.h"

static bool
parse_port(const char *text, in_port_t *port)
{
	unsigned value = 0;
	size_t len = strlen(text);
	if (len == 0 || len > 5)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_digit(text[i]))
			return false;
		value = 10 * value + (unsigned)(text[i] - '0');
	}
	*port = htons((in_port_t)value);
	return value <= UINT16_MAX;
}

/* Copies len octets of text to host. Returns false if they are too many. */
static bool
copy_host(char host[INET6_ADDRSTRLEN], const char *text, size_t len)
{
	if (len >= INET6_ADDRSTRLEN)
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return true;
}

static bool
parse_v4(struct endpoint *endpoint, const char *text, size_t len, in_port_t port)
{
	char host[INET6_ADDRSTRLEN];
	struct sockaddr_in *address = &endpoint->address.v4;
	*address = (struct sockaddr_in) { .sin_family = AF_INET, .sin_port = port };
	endpoint->len = sizeof *address;
	return copy_host(host, text, len) && inet_pton(AF_INET, host, &address->sin_addr) == 1;
}

static bool
parse_v6(struct endpoint *endpoint, const char *text, size_t len, in_port_t port)
{
	char host[INET6_ADDRSTRLEN];
	struct sockaddr_in6 *address = &endpoint->address.v6;
	*address = (struct sockaddr_in6) { .sin6_family = AF_INET6, .sin6_port = port };
	endpoint->len = sizeof *address;
	return copy_host(host, text, len) && inet_pton(AF_INET6, host, &address->sin6_addr) == 1;
}

static bool
parse_path(struct endpoint *endpoint, const char *text)
{
	struct sockaddr_un *address = &endpoint->address.local;
	size_t len = strlen(text);
	*address = (struct sockaddr_un) { .sun_family = AF_UNIX };
	endpoint->len = sizeof *address;
	if (len >= sizeof address->sun_path)
		return false;
	memcpy(address->sun_path, text, len);
	return true;
}

bool
endpoint_parse(struct endpoint *endpoint, const char *text)
{
	const char *colon = strrchr(text, ':');
	in_port_t port;
	memset(endpoint, 0, sizeof *endpoint);
	if (*text == '/')
		return parse_path(endpoint, text);
	if (colon == NULL || !parse_port(colon + 1, &port))
		return false;
	size_t len = (size_t)(colon - text);
	if (len > 2 && text[0] == '[' && colon[-1] == ']')
		return parse_v6(endpoint, text + 1, len - 2, port);
	return parse_v4(endpoint, text, len, port);
}

int
endpoint_check(const char *text, char error[SECTION_ERROR_SIZE])
{
	struct endpoint endpoint;
	if (endpoint_parse(&endpoint, text))
		return 0;
	snprintf(error, SECTION_ERROR_SIZE,
	    _("'%.60s' is not an address of a service; write 127.0.0.1:10023, [::1]:10023, or the path of its socket"),
	    text);
	return -1;
}
