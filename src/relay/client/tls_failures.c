/* Servers with which TLS failed a short time ago, so that messages for them go in the clear at once. */
#include "relay/client/tls_failures.h"

#include <string.h>

static bool
is_same(const struct channel_address *a, const struct channel_address *b)
{
	return a->port == b->port && strcmp(a->host, b->host) == 0;
}

bool
tls_failures_add(struct tls_failures *failures, const struct channel_address *address, int64_t now)
{
	struct tls_failure *oldest = &failures->all[0];
	if (tls_failures_has(failures, address, now))
		return false;
	for (size_t i = 1; i < TLS_FAILURES; i++)
		if (failures->all[i].until < oldest->until)
			oldest = &failures->all[i];
	*oldest = (struct tls_failure) { .address = *address, .until = now + TLS_FAILURE_AGE };
	return true;
}

bool
tls_failures_has(const struct tls_failures *failures, const struct channel_address *address, int64_t now)
{
	for (size_t i = 0; i < TLS_FAILURES; i++)
		if (failures->all[i].until > now && is_same(&failures->all[i].address, address))
			return true;
	return false;
}
