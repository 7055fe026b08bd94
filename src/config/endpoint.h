/* Where a server listens, as text: ADDRESS:PORT, or the path of a socket of the local machine. */
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
 * "192.0.2.1:783", "[2001:db8::1]:783", or "/run/clamav/clamd.ctl". False where it is none of these; a path is absolute
 * and has at most 107 octets. No names of hosts: to look them up would block.
 */
bool endpoint_parse(struct endpoint *endpoint, const char *text);

/* Is it one, in a configuration? See setting_check. */
setting_check endpoint_check;

#endif
