/* The time before the greeting: the header of a proxy, a TLS handshake, a delay in which the client must not talk. */
#include "net/preamble.h"

#include <stdlib.h>

int
preamble_expect_proxy(struct preamble *preamble)
{
	*preamble = (struct preamble) { .state = PREAMBLE_UNKNOWN, .proxy = calloc(1, sizeof *preamble->proxy) };
	return preamble->proxy == NULL ? -1 : 0;
}

static enum preamble_result
read_header(struct preamble *preamble, const char *octets, size_t len, size_t *used)
{
	switch (proxy_read(preamble->proxy, octets, len, used)) {
	case PROXY_MORE: return PREAMBLE_MORE;
	case PROXY_DONE: return PREAMBLE_CLIENT;
	case PROXY_BAD: break;
	}
	return PREAMBLE_BAD;
}

enum preamble_result
preamble_read(struct preamble *preamble, const char *octets, size_t len, size_t *used)
{
	*used = 0;
	if (preamble->state == PREAMBLE_UNKNOWN)
		return read_header(preamble, octets, len, used);
	return preamble->state == PREAMBLE_UNGREETED && len > 0 ? PREAMBLE_EARLY : PREAMBLE_MORE;
}

void
preamble_set(struct preamble *preamble, enum preamble_state state)
{
	free(preamble->proxy);
	*preamble = (struct preamble) { .state = state };
}
