/* The names of mailbox stores. */
#include "port/store_name.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/network.h"
#include "base/text/ascii.h"

/* A port, which has digits only. */
static bool
parse_port(const char *text, unsigned *port)
{
	char *end;
	unsigned long number = strtoul(text, &end, 10);
	*port = (unsigned)number;
	return ascii_is_digit(*text) && *end == '\0' && number >= 1 && number <= 65535;
}

static bool
parse_address(const char *text, struct channel_address *address)
{
	struct network network;
	struct channel_address found = { .port = STORE_LMTP_PORT };
	bool brackets = text[0] == '[';
	const char *begin = text + brackets, *end = brackets ? strchr(begin, ']') : strchrnul(begin, ':');
	if (end == NULL || (size_t)(end - begin) >= sizeof found.host)
		return false;
	const char *port = end + brackets;
	if (*port != '\0' && (*port != ':' || !parse_port(port + 1, &found.port)))
		return false;
	for (size_t i = 0; begin + i < end; i++)
		found.host[i] = ascii_lower(begin[i]);
	if (!network_parse_address(&network, found.host) || (strchr(found.host, ':') != NULL) != brackets)
		return false;
	*address = found;
	return true;
}

static bool
parse_path(const char *text, struct channel_address *address)
{
	size_t len = strlen(text);
	for (size_t i = 0; i < len; i++)
		if (ascii_is_control(text[i]))
			return false;
	if (len < 2 || len >= sizeof address->host)
		return false;
	*address = (struct channel_address) { .port = STORE_LMTP_PORT };
	memcpy(address->host, text, len + 1);
	return true;
}

enum store_kind
store_name_parse(const char *name, struct channel_address *address)
{
	if (*name == '\0')
		return STORE_CONFIGURED;
	if (strcmp(name, "maildir") == 0)
		return STORE_MAILDIR;
	if (strncmp(name, "lmtp:", 5) != 0)
		return STORE_UNFIT;
	name += 5;
	return (*name == '/' ? parse_path : parse_address)(name, address) ? STORE_LMTP : STORE_UNFIT;
}
