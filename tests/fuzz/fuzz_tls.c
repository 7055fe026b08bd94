/* Fuzzes an encrypted connection: whatever a stranger sends for a ClientHello, or behind it. */
#include "net/tls.h"

#include <stdint.h>
#include <stdlib.h>

#include "support/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct tls_context *context;

static void
make_context(void)
{
	char error[TLS_ERROR_SIZE];
	struct identity identity;
	identity_make(&identity, -1, 30);
	context = tls_context_new(identity.certificate, identity.key, NULL, error);
	identity_remove(&identity);
	if (context == NULL)
		abort();
}

/* The first octet tells in which steps the others come, and whether they are read. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char plain[512];
	if (context == NULL)
		make_context();
	if (size == 0)
		return 0;
	struct tls *tls = tls_new(context);
	size_t step = data[0] / 2 + 1U;
	for (size_t at = 1; at < size;) {
		size_t len = size - at < step ? size - at : step, waiting;
		size_t taken = tls_feed(tls, data + at, len);
		if (data[0] % 2 == 0 || taken < len)
			while (tls_read(tls, plain, sizeof plain) > 0)
				if (tls_state(tls) != TLS_OPEN)
					abort();
		tls_output(tls, &waiting);
		if (waiting > TLS_OUTPUT_MAX || (taken == 0 && tls_feed(tls, data + at, len) == 0))
			abort();
		tls_sent(tls, waiting);
		at += taken;
	}
	if (tls_write(tls, "220 ", 4) != 0 && tls_state(tls) != TLS_OPEN)
		abort();
	tls_close(tls);
	tls_free(tls);
	return 0;
}
