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

static void
require_printable(const char *line, const char *end)
{
	require(end - line <= FTG_LINE_MAX - 2);
	for (; line < end; line++)
		require((unsigned char)*line >= ' ' && *line != 0x7F);
}

/*
 * Lines of at most 512 octets with their CRLF, without control octets. Only if a message could not be read to its end is
 * the last line cut: the server then closes the connection, which is the only way to say that the message is not whole.
 */
static void
look(const struct octets *output, bool may_be_cut)
{
	const char *line = output->bytes, *end = output->bytes + output->len;

	while (line < end) {
		const char *crlf = strstr(line, "\r\n");
		if (crlf == NULL) {
			require(may_be_cut);
			require_printable(line, end);
			return;
		}
		require_printable(line, crlf);
		line = crlf + 2;
	}
}

static void
stamp(char digits[POP3_STAMP_SIZE])
{
	snprintf(digits, POP3_STAMP_SIZE, "1896.697170952");
}

/* The first octet of the input says what is offered, the second how the maildrop fares. */
static void
prepare(struct pop3_fixture *fixture, uint8_t how)
{
	pop3_fixture_open(fixture, how & 1 ? FTG_STRICT : FTG_PUBLISHED);
	fixture->config.plain_in_clear = how & 2;
	fixture->config.tls_required = how & 4;
	fixture->fixture.has_certificate = how & 8;
	fixture->config.stamp = how & 16 ? stamp : NULL;
	fixture->config.sasl = how & 32 ? fixture->fixture.sasl : NULL;
	fixture->config.mechanisms = 1U << SASL_PLAIN |
	    1U << SASL_LOGIN; /* the challenges of others are never the same */
	fixture->config.max_errors = how & 64 ? 2 : 1000;
	fixture->config.login_delay = how & 128 ? 60 : 0;
	pop3_session_greet(fixture->session);
}

/* Of the results, those that can be: a message is never locked. */
static void
set_maildrop(uint8_t how)
{
	fake_maildrop_standard();
	fake_maildrop.open = how & 1 ? (how & 2 ? MAILDROP_LOCKED : MAILDROP_ACCESS) : MAILDROP_OK;
	fake_maildrop.read = how & 4 ? MAILDROP_ACCESS : MAILDROP_OK;
	fake_maildrop.read_on = how & 8 ? MAILDROP_FAILED : MAILDROP_OK;
	fake_maildrop.update = how & 16 ? MAILDROP_FAILED : MAILDROP_OK;
	fake_maildrop.messages = how & 32 ? 1100 : 3;
	fake_maildrop.block = how & 64 ? 1 : 1000;
}

/* What the client sends, in pieces; and again inside TLS, if it has asked for that. */
static void
play(struct pop3_fixture *fixture, const char *text, size_t len, size_t piece)
{
	pop3_fixture_feed(fixture, text, len, piece);
	if (!fixture->fixture.encrypting)
		return;
	pop3_fixture_shake_hands(fixture);
	pop3_fixture_feed(fixture, text, len, piece);
}

static void
require_same(const struct octets *a, const struct octets *b)
{
	require(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pop3_fixture whole, pieces;
	size_t removed;

	if (size < 4)
		return 0;
	const char *text = (const char *)data + 3;
	prepare(&whole, data[0]);
	set_maildrop(data[1]);
	play(&whole, text, size - 3, size);
	removed = fake_maildrop.removed;
	prepare(&pieces, data[0]);
	set_maildrop(data[1]);
	pieces.fixture.late = true;
	play(&pieces, text, size - 3, 1 + data[2] % 16);
	look(&whole.fixture.output, fake_maildrop.read_on != MAILDROP_OK && pop3_session_closed(whole.session));
	require_same(&whole.fixture.output, &pieces.fixture.output);
	require_same(&whole.fixture.events, &pieces.fixture.events);
	require(fake_maildrop.removed == removed);
	pop3_fixture_close(&whole);
	pop3_fixture_close(&pieces);
	require(fake_maildrop.opened == 0);
	return 0;
}
