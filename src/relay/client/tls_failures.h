/* Servers with which TLS failed a short time ago, so that messages for them go in the clear at once. */
#ifndef RELAY_TLS_FAILURES_H
#define RELAY_TLS_FAILURES_H

#include "port/channel.h"

enum {
	TLS_FAILURES = 256,               /* servers that are remembered; the oldest one is replaced */
	TLS_FAILURE_AGE = 30 * 60 * 1000, /* milliseconds after which TLS is tried again */
};

struct tls_failure {
	struct channel_address address;
	int64_t until; /* 0: free */
};

/* All zero is empty. Times are milliseconds of the dialer's clock. */
struct tls_failures {
	struct tls_failure all[TLS_FAILURES];
};

/* Remembers a server. Returns false if it was remembered already. */
bool tls_failures_add(struct tls_failures *failures, const struct channel_address *address, int64_t now);

/* Has TLS with this server failed within TLS_FAILURE_AGE? */
bool tls_failures_has(const struct tls_failures *failures, const struct channel_address *address, int64_t now);

#endif
