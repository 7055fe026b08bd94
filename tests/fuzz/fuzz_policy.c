/*
 * A session of which much is asked: by the DNS, by services and filters, by greylisting. Whatever they say, it says and
 * does the same whether they decide at once or later.
 */
#include "support/smtp_fixture.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SETTINGS = 6 }; /* octets of the input that say what is asked, and what comes of it */

static void
require(bool holds)
{
	if (!holds)
		abort();
}

static void
ask_the_dns(struct smtp_fixture *fixture, uint8_t which)
{
	static const char *const known[] = { "MX example.com 10:mx.example.com",
		"MX b.example 0:", "A c.example failed", "A client.example 192.0.2.7",
		"PTR 192.0.2.7 other.example client.example", "A 7.2.0.192.list.example 127.0.0.2" };
	char error[SECTION_ERROR_SIZE];

	for (size_t i = 0; i < sizeof known / sizeof *known - !(which & 8); i++)
		require(fake_resolver_tell(&fixture->dns, known[i]));
	fixture->config.policy.helo_check = which & 1 ? HELO_RESOLVABLE : HELO_UNCHECKED;
	fixture->config.policy.ptr_check = which & 2 ? PTR_CONFIRMED : PTR_UNCHECKED;
	fixture->config.policy.sender_domain_check = fixture->config.policy.recipient_domain_check = which & 4;
	fixture->config.blocklist_stage = which & 16 ? BLOCKLIST_RECIPIENT : BLOCKLIST_CONNECT;
	require(blocklists_read(&fixture->blocklists, "list.example other.example", error) == 0);
	if (which & 128)
		strcpy(fixture->address, "203.0.113.10"); /* which may relay */
}

static void
ask_services(struct smtp_fixture *fixture, uint8_t when, uint8_t what)
{
	static const char *const answers[] = { "action=DUNNO\n\n", "action=REJECT no\n\n", "action=PREPEND X-A: b\n\n",
		"action=DEFER later\n\n", NULL, "action=550 5.7.23 \"spf\"\n\n", "junk\n\n", "action=WARN x\n\n" };

	fixture->config.service_count = FAKES;
	for (size_t i = 0; i < FAKES; i++) {
		struct fake_policy_service *fake = &fixture->services[i];
		fake->service.at = (enum service_stage)((i == 0 ? when : when / 5) % 5);
		fake->service.about = what & 64 ? SERVICE_ANYONE : SERVICE_STRANGERS;
		fake->service.closed = when & 128;
		fake->answer = answers[(i == 0 ? what : what >> 3) & 7];
		fake->late = fixture->late;
	}
	if (what & 128)
		fixture_greylist(fixture, false);
}

static void
ask_of_content(struct smtp_fixture *fixture, uint8_t what)
{
	fixture->config.header_check = what & 1 ? CONTENT_ALL : CONTENT_NOBODYS;
	fixture->config.body_check = what & 2;
	fixture->config.max_header_addresses = what & 4 ? 2 : 0;
	fixture->config.scanner_count = what >> 3 & 1;
	fixture->filters[0].verdict = (enum scan_verdict)((what >> 4 & 7) % (SCAN_FAILED + 1));
	fixture->filters[0].text = "words";
	fixture->limits.max_recipients_per_hour = what & 128 ? 3 : 0;
}

static void
prepare(struct smtp_fixture *fixture, const uint8_t how[SETTINGS], bool late)
{
	fixture_open(fixture, how[0] & 1 ? FTG_STRICT : FTG_PUBLISHED);
	fixture->late = late;
	fixture->commit_result = (enum delivery_result)(how[0] >> 1 & 3);
	fixture->spool_result = how[0] & 8 ? DELIVERY_FULL : DELIVERY_OK;
	fixture->room_result = how[0] & 16 ? DELIVERY_OVER_QUOTA : DELIVERY_OK;
	fixture->flush_after = how[0] & 32 ? 8 : 0;
	fixture->begin_fails = how[0] & 64;
	fixture->config.max_message_size = how[1] & 15 ? (how[1] & 15U) * 64 : 0;
	fixture->config.max_errors = how[1] & 64 ? 2 : 1000;
	fixture->config.max_unknown = fixture->config.max_relay = fixture->config.max_errors;
	fixture->config.tarpit_delay = how[1] & 128;
	ask_services(fixture, how[2], how[3]);
	ask_of_content(fixture, how[4]);
	ask_the_dns(fixture, how[5]);
	fixture_enter(fixture);
	fixture_greet(fixture);
}

static void
require_same(const struct octets *a, const struct octets *b)
{
	require(a->len == b->len && memcmp(a->bytes, b->bytes, a->len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct smtp_fixture at_once, later;

	if (size < SETTINGS + 2)
		return 0;
	const char *text = (const char *)data + SETTINGS + 1;
	size -= SETTINGS + 1;
	prepare(&at_once, data, false);
	fixture_feed(&at_once, text, size, size);
	prepare(&later, data, true);
	fixture_feed(&later, text, size, 1 + data[SETTINGS] % 64);
	require_same(&at_once.output, &later.output);
	require_same(&at_once.events, &later.events);
	require_same(&at_once.message, &later.message);
	require_same(&at_once.queued, &later.queued);
	require(smtp_session_closed(at_once.session) == smtp_session_closed(later.session));
	fixture_close(&at_once);
	fixture_close(&later);
	require(at_once.open == 0 && later.open == 0);
	return 0;
}
