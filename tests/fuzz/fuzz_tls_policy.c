/* Fuzzes the reader of what a service of TLS policies answers: frames, and the policies in them. */
#include "port/tls_policy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/netstring.h"
#include "relay/client/socketmap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
parse(const char *octets, size_t len)
{
	struct tls_policy policy;
	char error[TLS_POLICY_ERROR_SIZE] = "";
	char *text = strndup(octets, len);
	require(text != NULL);
	if (!tls_policy_parse(&policy, text, "xn--bcher-kva.example", error))
		require(error[0] != '\0');
	else
		require((policy.level == TLS_POLICY_VERIFY) == tls_policy_names_valid(policy.names));
	(void)tls_policy_names_valid(text);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *octets = (const char *)data, *text;
	struct socketmap_place place;
	size_t len;
	char *whole = strndup(octets, size);
	require(whole != NULL);
	if (socketmap_parse(&place, whole))
		require(place.map[0] != '\0' && place.address.host[0] != '\0');
	free(whole);
	ssize_t frame = netstring_read(octets, size, SOCKETMAP_ANSWER_MAX, &text, &len);
	require(frame <= (ssize_t)size);
	if (frame > 0) {
		require(len <= SOCKETMAP_ANSWER_MAX && text + len < octets + size);
		parse(text, len);
	}
	parse(octets, size);
	return 0;
}
