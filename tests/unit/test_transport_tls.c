/* The client of SMTP without TLS that has failed: when, and for how long. */
#include "relay/client/tls_failures.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/transport_fixture.h"

TestSuite(transport_tls, .init = transport_set_up, .fini = transport_tear_down);

/* The last one refuses after the handshake, as a server of TLS 1.3 does that does not like the client. */
#define TLS_FAILURES_OF_A_SERVER                                                                                       \
	{ "STARTTLS", "454 4.7.0 no\r\n", true }, { "STARTTLS", "502 what?\r\n", true }, { "STARTTLS", NULL, true },   \
	    { "STARTTLS", "", true }, { "STARTTLS", "\x15\x03\x01\r\n", true }, { "STARTTLS", "100 ?\r\n", true },     \
	{                                                                                                              \
		"EHLO", NULL, true                                                                                     \
	}

Test(transport_tls, sends_in_the_clear_after_tls_has_failed_in_any_way)
{
	static const struct fake_answer failures[] = { TLS_FAILURES_OF_A_SERVER };
	const size_t count = sizeof failures / sizeof *failures;
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	for (size_t i = 0; i < count; i++) {
		struct fake_answer answers[] = { { "EHLO", "250-x\r\n250 STARTTLS\r\n", true }, failures[i] };
		transport_answer(answers, 2);
		transport.address.channel.port = (unsigned)(2500 + i);
		transport_run();
		cr_expect_eq(to[0].result, TRANSPORT_DONE, "%zu: %s", i, to[0].verdict);
		cr_expect_eq(server.dialled, 2 * (i + 1));
		cr_expect_null(strstr(server.said, "TLS: MAIL"));
	}
	struct fake_answer offer[] = { { "EHLO", "250-x\r\n250 STARTTLS\r\n", false } };
	transport_answer(offer, 1);
	server.tls_fails = true;
	transport.address.channel.port = 2499;
	transport_run();
	cr_expect_eq(to[0].result, TRANSPORT_DONE, "%s", to[0].verdict);
	cr_expect_eq(server.dialled, 2 * (count + 1));
}

Test(transport_tls, remembers_for_a_while_that_tls_failed)
{
	ANSWER({ "EHLO", "250-x\r\n250 STARTTLS\r\n", false }, { "STARTTLS", NULL, false });
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	transport_run();
	cr_expect_eq(server.dialled, 2);
	transport_run();
	cr_expect_eq(server.dialled, 2, "the connection in the clear is used again");
	transport_close_all();
	transport_run();
	transport_close_all();
	cr_expect_eq(server.dialled, 3);
	transport.address.channel.port = 2525;
	transport_run();
	transport_close_all();
	cr_expect_eq(server.dialled, 5, "another server");
	transport.address.channel.port = 25;
	server.time += TLS_FAILURE_AGE;
	transport_run();
	cr_expect_eq(server.dialled, 7);
	cr_expect_eq(to[0].result, TRANSPORT_DONE);
}

/* That the sender is refused in the clear is due to TLS, which may work again. */
Test(transport_tls, fails_no_message_for_a_server_that_requires_tls_while_tls_fails)
{
	static const char *const refusals[] = { "530 5.7.0 Must issue a STARTTLS command first\r\n",
		"530 5.3.0 Must issue STARTTLS first (#4.48)\r\n", "550 5.7.10 encryption needed\r\n" };
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
		ANSWER({ "EHLO", "250-x\r\n250 STARTTLS\r\n", false }, { "STARTTLS", "454 4.7.0 no\r\n", false },
		    { "MAIL", refusals[i], false });
		transport_run();
		transport_close_all();
		cr_expect_eq(to[0].result, TRANSPORT_LATER, "%s", to[0].verdict);
		cr_expect_not(transport.begun, "another address may be tried");
	}
	ANSWER({ "MAIL", "550 5.7.1 no\r\n", true }, { "MAIL", "530 5.7.0 log in\r\n", true });
	transport_comes_to(TRANSPORT_FAILED, "#8.12 " WHO ": 550 5.7.1 no");
	transport.address.channel.port = 2525;
	transport_run();
	cr_expect_eq(to[0].result, TRANSPORT_FAILED, "TLS has not failed there: %s", to[0].verdict);
}

Test(transport_tls, number_of_remembered_tls_failures_is_bounded)
{
	static struct tls_failures failures;
	struct channel_address address = { .host = "192.0.2.1" };
	for (address.port = 1; address.port <= TLS_FAILURES + 1; address.port++)
		cr_expect(tls_failures_add(&failures, &address, address.port));
	address.port = 1;
	cr_expect_not(tls_failures_has(&failures, &address, 1000));
	address.port = 2;
	cr_expect(tls_failures_has(&failures, &address, 1000));
	cr_expect_not(tls_failures_add(&failures, &address, 1000));
}

Test(transport_tls, does_not_do_without_tls_where_it_is_required_or_a_password_is_sent)
{
	static const struct fake_answer failures[] = { TLS_FAILURES_OF_A_SERVER };
	const size_t count = sizeof failures / sizeof *failures;
	for (size_t i = 0; i < 2 * count; i++) {
		struct fake_answer answers[] = { { "EHLO", "250-x\r\n250-STARTTLS\r\n250 AUTH PLAIN\r\n", true },
			failures[i / 2], { "AUTH", "235 ok\r\n", false } };
		transport_answer(answers, 3);
		transport.manner.tls = i % 2 ? TRANSPORT_TLS_STARTTLS : TRANSPORT_TLS_REQUIRED;
		transport.manner.user = i % 2 ? "anna" : NULL;
		transport.manner.password = "secret";
		transport_run();
		transport_close_all();
		cr_expect_eq(to[0].result, TRANSPORT_LATER);
		cr_expect_eq(strncmp(to[0].verdict, "#8.19 ", 6), 0, "%s", to[0].verdict);
		cr_expect_eq(server.dialled, i + 1);
	}
	cr_expect_null(strstr(server.said, "MAIL"));
	cr_expect_null(strstr(server.said, "AUTH"));
}

static struct tlsa_set *
some_records(const char *octets)
{
	struct resolver_record record = { .text = octets, .len = 35 };
	struct resolver_answer answer = { .outcome = RESOLVER_FOUND, .records = &record, .count = 1 };
	struct tlsa_set *set = tlsa_set_new(&answer, "mx1.example.net", "example.net");
	cr_assert_not_null(set);
	return set;
}

#define HASH "0123456789abcdef0123456789abcdef"

Test(transport_tls, obeys_what_the_dns_demands)
{
	struct tlsa_set *records = some_records("\3\1\1" HASH), *others = some_records("\2\1\1" HASH);
	ANSWER({ "EHLO", "250-x\r\n250 STARTTLS\r\n", false });
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	transport.address.demand = TRANSPORT_DEMAND_DANE;
	transport.address.tlsa = records;
	transport_run();
	cr_expect_eq(to[0].result, TRANSPORT_DONE);
	cr_expect_str_eq(transport.tls, "the certificate of mx1.example.net is not trusted by DANE");
	cr_expect_str_eq(transport.verified, "dane");
	transport.tls[0] = '\0';
	transport_run();
	cr_expect_eq(server.dialled, 1, "the connection is used again");
	cr_expect_str_eq(transport.verified, "dane");
	cr_expect_neq(transport.tls[0], '\0');
	transport.address.tlsa = others;
	transport_run();
	cr_expect_eq(server.dialled, 2, "but not for other records");
	transport.address.demand = TRANSPORT_DEMAND_TLS;
	transport.address.tlsa = NULL;
	transport_run();
	cr_expect_eq(server.dialled, 3);
	cr_expect_null(transport.verified);
	transport.address.demand = TRANSPORT_DEMAND_UNKNOWN;
	transport_run();
	cr_expect_eq(server.dialled, 3, "nothing is sent");
	cr_expect_not(transport.dialled, "it says nothing about the address, which others may share");
	cr_expect_eq(to[0].result, TRANSPORT_LATER);
	cr_expect_not(transport.begun, "another server may be tried");
	transport_close_all();
	tlsa_set_release(records);
	tlsa_set_release(others);
}

Test(transport_tls, tells_a_session_that_was_turned_away_from_a_refused_message)
{
	static const struct {
		struct fake_answer answer;
		bool turned_away;
	} cases[] = { { { "EHLO", "421 4.3.2 busy\r\n", false }, true },
		{ { "MAIL", "451 4.3.0 later\r\n", false }, true }, { { "MAIL", "550 5.7.1 no\r\n", false }, false },
		{ { "RCPT", "450 4.2.0 full\r\n", false }, false }, { { "STARTTLS", "454 no\r\n", false }, false } };
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fake_answer answer = cases[i].answer;
		transport_answer(&answer, 1);
		transport.address.channel.port = (unsigned)(2500 + i);
		transport_run();
		cr_expect_eq(transport.turned_away, cases[i].turned_away, "%zu: %s", i, to[0].verdict);
		cr_expect(transport.dialled);
	}
}

Test(transport_tls, never_does_without_what_the_dns_demands)
{
	static const enum transport_demand demands[] = { TRANSPORT_DEMAND_TLS, TRANSPORT_DEMAND_DANE };
	struct tlsa_set *records = some_records("\3\1\1" HASH);
	transport.manner.tls = TRANSPORT_TLS_STARTTLS;
	for (size_t i = 0; i < 2; i++) {
		transport.address.demand = demands[i];
		transport.address.tlsa = demands[i] == TRANSPORT_DEMAND_DANE ? records : NULL;
		struct fake_answer none[] = { { "EHLO", "250 x\r\n", false } };
		transport_answer(none, 1);
		transport_run();
		cr_expect_eq(to[0].result, TRANSPORT_LATER, "no STARTTLS is offered");
		struct fake_answer refused[] = { { "EHLO", "250-x\r\n250 STARTTLS\r\n", false },
			{ "STARTTLS", "454 no\r\n", false } };
		transport_answer(refused, 2);
		transport_run();
		cr_expect_eq(to[0].result, TRANSPORT_LATER, "STARTTLS is refused");
		transport_answer(refused, 1);
		server.tls_fails = true;
		transport_run();
		server.tls_fails = false;
		cr_expect_eq(to[0].result, TRANSPORT_LATER, "the handshake fails");
		cr_expect_eq(transport_count("MAIL"), 0);
	}
	transport_close_all();
	tlsa_set_release(records);
}
