/* The address of a service, as text: ADDRESS:PORT, or the path of a Unix domain socket. */
#ifndef CONFIG_ENDPOINT_H
#define CONFIG_ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "config/section.h"

union endpoint_address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_un local;
};

struct endpoint {
	union endpoint_address address;
	socklen_t len;
};

/*
 * Parses "192.0.2.1:783", "[2001:db8::1]:783", or "/run/clamav/clamd.ctl": an absolute path of at most 107 octets. Returns
 * false for other text. Host names are not accepted, because looking them up would block.
 */
bool endpoint_parse(struct endpoint *endpoint, const char *text);

/* Accepts what endpoint_parse() does. */
setting_check endpoint_check;

#endif
