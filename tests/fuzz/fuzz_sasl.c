/* Fuzzes SASL exchanges: whatever lines a client sends, none but the right password is OK. */
#include "session/sasl.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/base64.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No password is right. */
static bool
verify(const char *password, const char *hash)
{
	(void)hash;
	if (strlen(password) > CREDENTIALS_PASSWORD_MAX)
		abort();
	return false;
}

/* A user of the name "tim" exists. Salt and keys are such that no proof is right. */
static enum sasl_status
check(struct sasl *sasl)
{
	struct credentials credentials = { .hash = "*", .scram.iterations = 4096, .secret = "no client knows this" };
	const char *user = sasl_user(sasl);
	if (user[0] == '\0' || strlen(user) > CREDENTIALS_NAME_MAX || strpbrk(user, "\r\n\t\x1B\x7F") != NULL)
		abort();
	return sasl_check(sasl, user, strcmp(user, "tim") == 0 ? &credentials : NULL);
}

/* Gives a line as it is, or the base64 of it. */
static enum sasl_status
give(struct sasl *sasl, const char *line, size_t len, bool encode, bool initial)
{
	char text[BASE64_TEXT_SIZE(4096)];
	if (encode && len <= 4096) {
		base64_encode(text, line, len);
		line = text;
		len = strlen(text);
	}
	enum sasl_status status = initial ? sasl_start(sasl, line, len) : sasl_step(sasl, line, len);
	return status == SASL_CHECK ? check(sasl) : status;
}

/* The first octet: the mechanism, whether lines are to be encoded, and whether the first is an initial response. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sasl_server *server;
	if (server == NULL)
		server = sasl_server_new((const unsigned char[SASL_SECRET_SIZE]) { 1 }, verify);
	if (size == 0)
		return 0;
	struct sasl *sasl = sasl_new(server, data[0] % SASL_MECHANISMS);
	bool encode = data[0] & 0x10, initial = data[0] & 0x20;
	const char *at = (const char *)data + 1, *end = (const char *)data + size;
	enum sasl_status status = initial ? SASL_CHALLENGE : sasl_start(sasl, NULL, 0);
	while (status == SASL_CHALLENGE && at < end) {
		const char *line_end = memchr(at, '\n', (size_t)(end - at));
		size_t len = (size_t)((line_end != NULL ? line_end : end) - at);
		status = give(sasl, at, len, encode, initial);
		initial = false;
		if (status == SASL_OK)
			abort();
		at += len + (line_end != NULL);
	}
	sasl_free(sasl);
	return 0;
}
