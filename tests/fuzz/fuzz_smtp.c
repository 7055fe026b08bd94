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
ask_the_dns(struct stage *stage)
{
	static const char *const known[] = { "MX example.com 10:mx.example.com",
		"MX b.example 0:", "A c.example failed", "A client.example 192.0.2.7", "MX d.example failed" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		require(stand_resolver_tell(&stage->dns, known[i]));
	stage->config.policy.helo_check = HELO_RESOLVABLE;
	stage->config.policy.sender_domain_check = stage->config.policy.recipient_domain_check = true;
}

static void
ignore_fault(void *context, const char *file, unsigned line, const char *fault)
{
	(void)context, (void)file, (void)line, (void)fault;
}

/* What a message must hold, and must not. The rules are those that are installed as a sample. */
static void
ask_of_content(struct stage *stage, uint8_t limits)
{
	static struct content_rules *rules;

	if (rules == NULL)
		rules = content_rules_read(CONTENT_RULES, ignore_fault, NULL);
	require(rules != NULL);
	stage->config.header_check = limits & 32 ? CONTENT_ALL : CONTENT_NOBODYS;
	stage->config.body_check = limits & 64;
	stage->config.max_header_addresses = limits & 128 ? 2 : 0;
	stage->config.content_rules = limits & 1 ? rules : NULL;
}

static void
be_strict(struct stage *stage, uint8_t policy)
{
	if (policy & 16)
		stage_greylist(stage, policy & 32);
	stage->config.policy.anti_spoofing = policy & 64;
	stage->config.policy.own_senders = policy & 64;
	stage->config.policy.hosted_senders = policy & 128;
	stage->config.policy.permitted_only = policy & 32 && policy & 128;
}

/* The first octets of the input say how deliveries go, and who is served. */
static void
prepare(struct stage *stage, uint8_t how, uint8_t limits, uint8_t policy)
{
	stage_open(stage, how & 1 ? FTG_STRICT : FTG_PUBLISHED);
	stage->commit_result = (enum delivery_result)(how >> 1 & 3);
	stage->flush_result = how & 8 ? DELIVERY_FULL : DELIVERY_OK;
	stage->flush_after = how & 16 ? 8 : 0;
	stage->append_fails = how & 32;
	stage->begin_fails = how & 64;
	stage->config.max_message_size = limits & 15 ? (limits & 15U) * 16 : 0;
	stage->config.max_recipients = 1 + (limits >> 4 & 3);
	stage->config.max_errors = limits & 64 ? 2 : 1000;
	stage->config.max_unknown = stage->config.max_relay = stage->config.max_errors;
	stage->config.xlang = limits & 64;
	stage->config.normalise = limits & 16;
	stage->config.tarpit_delay = limits & 128;
	stage->config.sasl = stage->sasl;
	stage->config.mechanisms = 1U << SASL_PLAIN |
	    1U << SASL_LOGIN; /* the challenges of others are never the same */
	stage->config.plain_in_clear = true;
	stage->has_certificate = true;
	if (how & 128)
		ask_the_dns(stage);
	ask_of_content(stage, limits);
	be_strict(stage, policy);
	stage_enter(stage);
	smtp_session_greet(stage->session);
}

static void
require_same(const struct octets *a, const struct octets *b)
{
	require(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stage whole, pieces;

	if (size < 4)
		return 0;
	const char *text = (const char *)data + 3;
	prepare(&whole, data[0], data[1], data[2]);
	prepare(&pieces, data[0], data[1], data[2]);
	pieces.late = true;
	stage_feed(&whole, text, size - 3, size);
	stage_feed(&pieces, text, size - 3, 1 + data[2] % 16);
	look(&whole.output);
	look(&pieces.output);
	if (is_the_same_in_pieces(data[0])) {
		require_same(&whole.output, &pieces.output);
		require_same(&whole.events, &pieces.events);
		require_same(&whole.message, &pieces.message);
		require_same(&whole.queued, &pieces.queued);
	}
	stage_close(&whole);
	stage_close(&pieces);
	require(whole.open == 0 && pieces.open == 0);
	return 0;
}
