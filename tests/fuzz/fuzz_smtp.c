/*
 * A whole session over a memory transport. Whatever the client sends, what it gets are reply lines; and it gets the same
 * however the octets come in, and whenever jobs end.
 */
#include "support/smtp_fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "message/content_rules.h"
#include "session/sasl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
require(bool holds)
{
	if (!holds)
		abort();
}

/* Three digits, a space or a hyphen, printable ASCII; at most 512 octets with CRLF. */
static void
look_at_line(const char *line, size_t len)
{
	require(len >= 4 && len + 2 <= FTG_LINE_MAX);
	require(strspn(line, "0123456789") == 3 && (line[3] == ' ' || line[3] == '-'));
	for (size_t i = 0; i < len; i++)
		require(line[i] >= ' ' && line[i] <= '~');
}

static void
look(const struct octets *output)
{
	const char *line = output->bytes, *end = output->bytes + output->len;

	for (const char *crlf; line < end; line = crlf + 2) {
		crlf = strstr(line, "\r\n");
		require(crlf != NULL);
		look_at_line(line, (size_t)(crlf - line));
	}
}

/* Whether a delivery is flushed depends on how its octets come in, so only a flush that succeeds changes nothing. */
static bool
is_the_same_in_pieces(uint8_t how)
{
	return !(how & 8) || !(how & 16);
}

/* Some names exist, some do not, and of some nothing is known. */
static void
ask_the_dns(struct smtp_fixture *fixture)
{
	static const char *const known[] = { "MX example.com 10:mx.example.com",
		"MX b.example 0:", "A c.example failed", "A client.example 192.0.2.7", "MX d.example failed" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		require(fake_resolver_tell(&fixture->dns, known[i]));
	fixture->config.policy.helo_check = HELO_RESOLVABLE;
	fixture->config.policy.sender_domain_check = fixture->config.policy.recipient_domain_check = true;
}

static void
ignore_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)context, (void)file, (void)line, (void)fault;
}

/* What a message must hold, and must not. The rules are those that are installed as a sample. */
static void
ask_of_content(struct smtp_fixture *fixture, uint8_t limits)
{
	static struct content_rules *rules;

	if (rules == NULL)
		rules = content_rules_read(CONTENT_RULES, ignore_fault, NULL);
	require(rules != NULL);
	fixture->config.header_check = limits & 32 ? CONTENT_ALL : CONTENT_NOBODYS;
	fixture->config.body_check = limits & 64;
	fixture->config.max_header_addresses = limits & 128 ? 2 : 0;
	fixture->config.content_rules = limits & 1 ? rules : NULL;
}

static void
be_strict(struct smtp_fixture *fixture, uint8_t policy)
{
	if (policy & 16)
		fixture_greylist(fixture, policy & 32);
	fixture->config.policy.anti_spoofing = policy & 64;
	fixture->config.policy.own_senders = policy & 64;
	fixture->config.policy.hosted_senders = policy & 128;
	fixture->config.policy.permitted_only = policy & 32 && policy & 128;
}

/* The first octets of the input say how deliveries go, and who is served. */
static void
prepare(struct smtp_fixture *fixture, uint8_t how, uint8_t limits, uint8_t policy)
{
	fixture_open(fixture, how & 1 ? FTG_STRICT : FTG_PUBLISHED);
	fixture->commit_result = (enum delivery_result)(how >> 1 & 3);
	fixture->flush_result = how & 8 ? DELIVERY_FULL : DELIVERY_OK;
	fixture->flush_after = how & 16 ? 8 : 0;
	fixture->append_fails = how & 32;
	fixture->begin_fails = how & 64;
	fixture->config.max_message_size = limits & 15 ? (limits & 15U) * 16 : 0;
	fixture->config.max_recipients = 1 + (limits >> 4 & 3);
	fixture->config.max_errors = limits & 64 ? 2 : 1000;
	fixture->config.max_unknown = fixture->config.max_relay = fixture->config.max_errors;
	fixture->config.xlang = limits & 64;
	fixture->config.normalise = limits & 16;
	fixture->config.dsn_anyone = !(policy & 128);
	fixture->config.tarpit_delay = limits & 128;
	fixture->config.sasl = fixture->sasl;
	fixture->config.mechanisms = 1U << SASL_PLAIN |
	    1U << SASL_LOGIN; /* the challenges of others are never the same */
	fixture->config.plain_in_clear = true;
	fixture->has_certificate = true;
	if (how & 128)
		ask_the_dns(fixture);
	ask_of_content(fixture, limits);
	be_strict(fixture, policy);
	fixture_enter(fixture);
	smtp_session_greet(fixture->session);
}

static void
require_same(const struct octets *a, const struct octets *b)
{
	require(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_fixture whole, pieces;

	if (size < 4)
		return 0;
	const char *text = (const char *)data + 3;
	prepare(&whole, data[0], data[1], data[2]);
	prepare(&pieces, data[0], data[1], data[2]);
	pieces.late = true;
	fixture_feed(&whole, text, size - 3, size);
	fixture_feed(&pieces, text, size - 3, 1 + data[2] % 16);
	look(&whole.output);
	look(&pieces.output);
	if (is_the_same_in_pieces(data[0])) {
		require_same(&whole.output, &pieces.output);
		require_same(&whole.events, &pieces.events);
		require_same(&whole.message, &pieces.message);
		require_same(&whole.queued, &pieces.queued);
	}
	fixture_close(&whole);
	fixture_close(&pieces);
	require(whole.open == 0 && pieces.open == 0);
	return 0;
}
