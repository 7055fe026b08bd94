/* Fuzzes the reader of Postfix's replies: what it finds lies within the reply, and renders as a reply. */
#include "mapd/postfix_reply.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[FTG_REPLY_MAX];
	static const struct ftg_voice english;
	const char *octets = (const char *)data, *end = octets + size;
	struct postfix_reply reply;
	if (!postfix_reply_parse(&reply, octets, size)) {
		require(reply.match == POSTFIX_NO_ROW && reply.code.text == NULL);
		return 0;
	}
	const struct postfix_slice slices[] = { reply.code, reply.status, reply.recipient, reply.domain };
	for (size_t i = 0; i < sizeof(slices) / sizeof(slices[0]); i++)
		require(slices[i].len == 0 || (slices[i].text >= octets && slices[i].text + slices[i].len <= end));
	if (reply.match == POSTFIX_NO_ROW)
		return 0;
	for (int i = 0; i < FTG_ARGS_MAX; i++)
		require(reply.reply.arg[i].len == 0 ||
		    (reply.reply.arg[i].text >= octets && reply.reply.arg[i].text + reply.reply.arg[i].len <= end));
	require(ftg_render(line, &english, &reply.reply) > 0);
	return 0;
}
