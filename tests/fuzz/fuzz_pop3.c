/*
 * A whole session over a memory transport and a maildrop in memory. Whatever the client sends, what it gets are lines that
 * POP3 allows; and it gets the same however the octets come in, and whenever jobs end.
 */
#include "support/pop3_fixture.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Lines of at most 512 octets with their CRLF, without control octets. */
static void
look(const struct octets *output)
{
	const char *line = output->bytes, *end = output->bytes + output->len;

	for (const char *crlf; line < end; line = crlf + 2) {
		crlf = strstr(line, "\r\n");
		require(crlf != NULL && crlf + 2 - line <= FTG_LINE_MAX);
		for (const char *c = line; c < crlf; c++)
			require((unsigned char)*c >= ' ' && *c != 0x7F);
	}
}

static void
stamp(char digits[POP3_STAMP_SIZE])
{
	snprintf(digits, POP3_STAMP_SIZE, "1896.697170952");
}

/* The first octet of the input says what is offered, the second how the maildrop fares. */
static void
prepare(struct pop_stage *stage, uint8_t how)
{
	pop_stage_open(stage, how & 1 ? FTG_STRICT : FTG_PUBLISHED);
	stage->config.plain_in_clear = how & 2;
	stage->config.tls_required = how & 4;
	stage->stage.has_certificate = how & 8;
	stage->config.stamp = how & 16 ? stamp : NULL;
	stage->config.sasl = how & 32 ? stage->stage.sasl : NULL;
	stage->config.mechanisms = 1U << SASL_PLAIN |
	    1U << SASL_LOGIN; /* the challenges of others are never the same */
	stage->config.max_errors = how & 64 ? 2 : 1000;
	stage->config.login_delay = how & 128 ? 60 : 0;
	pop3_session_greet(stage->session);
}

/* Of the results, those that can be: a message is never locked. */
static void
set_maildrop(uint8_t how)
{
	stand_maildrop_standard();
	stand_maildrop.open = how & 1 ? (how & 2 ? MAILDROP_LOCKED : MAILDROP_ACCESS) : MAILDROP_OK;
	stand_maildrop.read = how & 4 ? MAILDROP_ACCESS : MAILDROP_OK;
	stand_maildrop.read_on = how & 8 ? MAILDROP_FAILED : MAILDROP_OK;
	stand_maildrop.update = how & 16 ? MAILDROP_FAILED : MAILDROP_OK;
	stand_maildrop.messages = how & 32 ? 1100 : 3;
	stand_maildrop.block = how & 64 ? 1 : 1000;
}

/* What the client sends, in pieces; and again inside TLS, if it has asked for that. */
static void
play(struct pop_stage *stage, const char *text, size_t len, size_t piece)
{
	pop_stage_feed(stage, text, len, piece);
	if (!stage->stage.encrypting)
		return;
	pop_stage_shake_hands(stage);
	pop_stage_feed(stage, text, len, piece);
}

static void
require_same(const struct octets *a, const struct octets *b)
{
	require(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pop_stage whole, pieces;
	size_t removed;

	if (size < 4)
		return 0;
	const char *text = (const char *)data + 3;
	prepare(&whole, data[0]);
	set_maildrop(data[1]);
	play(&whole, text, size - 3, size);
	removed = stand_maildrop.removed;
	prepare(&pieces, data[0]);
	set_maildrop(data[1]);
	pieces.stage.late = true;
	play(&pieces, text, size - 3, 1 + data[2] % 16);
	look(&whole.stage.output);
	require_same(&whole.stage.output, &pieces.stage.output);
	require_same(&whole.stage.events, &pieces.stage.events);
	require(stand_maildrop.removed == removed);
	pop_stage_close(&whole);
	pop_stage_close(&pieces);
	require(stand_maildrop.opened == 0);
	return 0;
}
