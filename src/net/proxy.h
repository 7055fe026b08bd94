/* The header that a proxy puts before a connection: version 2 of the PROXY protocol (HAProxy's proxy-protocol.txt). */
#ifndef NET_PROXY_H
#define NET_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/address/ip.h"

enum { PROXY_HEADER_MAX = 536 }; /* octets: what the smallest TCP segment carries */

/* The client's or the server's side of the connection as the proxy saw it. ip_write() makes the text. */
struct proxy_end {
	char address[IP_TEXT_SIZE];
	unsigned short port;
};

enum proxy_result {
	PROXY_MORE, /* so far it is a header, but not its end */
	PROXY_DONE, /* the header is whole */
	PROXY_BAD,  /* no header of version 2, or not for TCP: the connection must be closed without an answer */
};

/* The state of reading a header. All zero is one that has read nothing. */
struct proxy {
	bool local; /* PROXY_DONE: the proxy itself speaks (a health check); the ends are the connection's own */
	struct proxy_end client;
	struct proxy_end server;
	unsigned char header[16 + 36]; /* what has been read of it, up to the addresses of IPv6 */
	size_t len;                    /* octets read, those that are skipped included */
};

/*
 * Reads the header from octets in pieces of any size. *used octets belong to it: all of them, unless the result is
 * PROXY_DONE. Must not be called again after PROXY_DONE or PROXY_BAD.
 */
enum proxy_result proxy_read(struct proxy *proxy, const void *bytes, size_t len, size_t *used);

#endif
