/* Which servers mail is handed to, as the DNS tells it. */
#include "relay/client/next_hop.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "support/fake_resolver.h"

static struct fake_resolver resolver;
static struct network own[2];
static struct next_hop_world world = {
	.resolver = &resolver.resolver, .hostname = "mx.example.test", .own = own, .own_count = 2
};
static struct next_hop hop;
static unsigned done;

static void
on_done(struct next_hop *hop_)
{
	cr_assert_eq(hop_, &hop);
	done++;
}

static void
set_up(void)
{
	fake_resolver_open(&resolver);
	world.dane = hop.dane_only = false;
	network_parse(&own[0], "192.0.2.25");
	network_parse(&own[1], "2001:db8::25");
}

static void
tear_down(void)
{
	next_hop_clear(&hop);
}

TestSuite(hop, .init = set_up, .fini = tear_down);

static void
tell(const char *text)
{
	cr_assert(fake_resolver_tell(&resolver, text), "%s", text);
}

static enum next_hop_outcome
find(const char *domain)
{
	hop.world = &world;
	hop.done = on_done;
	done = 0;
	next_hop_find(&hop, NULL, domain);
	while (fake_resolver_run(&resolver))
		;
	cr_assert_eq(done, 1);
	return hop.outcome;
}

/* Name and address of each server, in order. */
static const char *
addresses(void)
{
	static char text[1000];
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < hop.count; i++)
		used += (size_t)snprintf(text + used, sizeof text - used, "%s%s %s %u", i > 0 ? ", " : "",
		    hop.addresses[i].name != NULL ? hop.addresses[i].name : "-", hop.addresses[i].channel.host,
		    hop.addresses[i].channel.port);
	return text;
}

Test(hop, is_the_mx_by_preference)
{
	tell("MX example.net 20:b.example.net 10:a.example.net");
	tell("A a.example.net 192.0.2.1 192.0.2.2");
	tell("AAAA a.example.net 2001:db8::1");
	tell("A b.example.net 192.0.2.3");
	for (int late = 0; late < 2; late++) {
		resolver.late = late == 1;
		cr_expect_eq(find("example.net"), NEXT_HOP_FOUND);
		cr_expect_str_eq(addresses(),
		    "a.example.net 2001:db8::1 25, a.example.net 192.0.2.1 25, a.example.net 192.0.2.2 25, "
		    "b.example.net 192.0.2.3 25");
	}
}

Test(hop, is_the_domain_itself_without_an_mx)
{
	tell("A example.net 192.0.2.1");
	cr_expect_eq(find("example.net"), NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "example.net 192.0.2.1 25");
}

Test(hop, is_random_among_equal_preferences)
{
	bool first[2] = { false, false };
	tell("MX example.net 10:a.example.net 10:b.example.net");
	tell("A a.example.net 192.0.2.1");
	tell("A b.example.net 192.0.2.2");
	for (int i = 0; i < 200; i++) {
		cr_expect_eq(find("example.net"), NEXT_HOP_FOUND);
		first[hop.addresses[0].name[0] - 'a'] = true;
	}
	cr_expect(first[0] && first[1]);
}

Test(hop, reports_why_there_is_none)
{
	tell("MX null.example 0:");
	tell("MX lame.example failed");
	tell("MX broken.example 10:mx.broken.example");
	tell("A mx.broken.example failed");
	tell("AAAA mx.broken.example no-data");
	tell("MX hollow.example 10:mx.hollow.example");
	tell("TXT empty.example x");
	cr_expect_eq(find("nowhere.example"), NEXT_HOP_NO_DOMAIN);
	cr_expect_eq(find("null.example"), NEXT_HOP_NO_ROUTE);
	cr_expect_eq(find("lame.example"), NEXT_HOP_FAILED);
	cr_expect_eq(find("broken.example"), NEXT_HOP_FAILED);
	cr_expect_eq(find("hollow.example"), NEXT_HOP_NO_ROUTE);
	cr_expect_eq(find("empty.example"), NEXT_HOP_NO_ROUTE);
	cr_expect_eq(find("not a domain"), NEXT_HOP_NO_DOMAIN);
}

Test(hop, is_never_this_server)
{
	static const char *const here[] = { "127.0.0.1", "127.3.2.1", "0.0.0.0", "224.0.0.1", "192.0.2.25" };
	char text[100];
	for (size_t i = 0; i < sizeof here / sizeof *here; i++) {
		fake_resolver_open(&resolver);
		snprintf(text, sizeof text, "A example.net %s", here[i]);
		tell(text);
		cr_expect_eq(find("example.net"), NEXT_HOP_LOOP, "%s", here[i]);
	}
	static const char *const here6[] = { "::1", "::", "ff02::1", "2001:db8::25" };
	for (size_t i = 0; i < sizeof here6 / sizeof *here6; i++) {
		fake_resolver_open(&resolver);
		snprintf(text, sizeof text, "AAAA example.net %s", here6[i]);
		tell(text);
		cr_expect_eq(find("example.net"), NEXT_HOP_LOOP, "%s", here6[i]);
	}
	cr_expect_eq(find("[127.0.0.1]"), NEXT_HOP_LOOP);
	cr_expect_eq(find("[IPv6:::1]"), NEXT_HOP_LOOP);
}

Test(hop, is_only_of_a_better_preference_than_this_server)
{
	tell("MX example.net 10:a.example.net 20:MX.example.test 20:b.example.net 30:c.example.net");
	tell("A a.example.net 192.0.2.1");
	tell("A b.example.net 192.0.2.2");
	tell("A c.example.net 192.0.2.3");
	tell("A MX.example.test 192.0.2.4");
	cr_expect_eq(find("example.net"), NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "a.example.net 192.0.2.1 25");
	tell("MX example.org 20:mx.example.test 20:b.example.net");
	cr_expect_eq(find("example.org"), NEXT_HOP_LOOP);
}

Test(hop, of_an_address_is_that_address)
{
	cr_expect_eq(find("[192.0.2.7]"), NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "- 192.0.2.7 25");
	cr_expect_eq(find("[IPv6:2001:db8::7]"), NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "- 2001:db8::7 25");
	cr_expect_eq(find("[2001:db8::7]"), NEXT_HOP_NO_DOMAIN);
	cr_expect_eq(resolver.asked, 0);
}

Test(hop, of_another_script_is_queried_in_ascii)
{
	tell("A xn--bcher-kva.example 192.0.2.1");
	cr_expect_eq(find("b\xC3\xBC"
	                  "cher.example"),
	    NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "xn--bcher-kva.example 192.0.2.1 25");
}

Test(hop, of_a_route_may_be_on_this_machine)
{
	struct route route;
	hop.world = &world;
	hop.done = on_done;
	cr_assert(route_parse(&route, "127.0.0.1:2525"));
	next_hop_find(&hop, &route, "example.net");
	cr_expect_str_eq(addresses(), "- 127.0.0.1 2525");
	route_clear(&route);
	cr_assert(route_parse(&route, "lmtp:/run/lmtp"));
	next_hop_find(&hop, &route, "example.net");
	cr_expect_str_eq(addresses(), "- /run/lmtp 0");
	route_clear(&route);
	tell("A relay.example.net 127.0.0.2");
	cr_assert(route_parse(&route, "relay.example.net:587"));
	next_hop_find(&hop, &route, "example.net");
	cr_expect_eq(hop.outcome, NEXT_HOP_FOUND);
	cr_expect_str_eq(addresses(), "relay.example.net 127.0.0.2 587");
	route_clear(&route);
	cr_expect_eq(done, 3);
}

#define TLSA_EE   "0301010123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define TLSA_PKIX "0101010123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What the DNS demands of the first server. */
static enum transport_demand
demand(const char *domain)
{
	cr_assert_eq(find(domain), NEXT_HOP_FOUND);
	cr_expect_eq(hop.addresses[0].tlsa != NULL, hop.addresses[0].demand == TRANSPORT_DEMAND_DANE);
	return hop.addresses[0].demand;
}

static void
tell_server(const char *name, const char *records, const char *address)
{
	char text[300];
	snprintf(text, sizeof text, "MX %s.example secure 10:mx.%s.example", name, name);
	tell(text);
	snprintf(text, sizeof text, "A mx.%s.example %s", name, address);
	tell(text);
	snprintf(text, sizeof text, "AAAA mx.%s.example %s no-data", name,
	    strstr(address, "secure") != NULL ? "secure" : "");
	tell(text);
	snprintf(text, sizeof text, "TLSA _25._tcp.mx.%s.example %s", name, records);
	tell(text);
}

Test(hop, has_tls_as_its_verified_records_demand)
{
	tell_server("ee", "secure " TLSA_EE, "secure 192.0.2.1");
	tell_server("pkix", "secure " TLSA_PKIX, "secure 192.0.2.1");
	tell_server("both", "secure " TLSA_PKIX " " TLSA_EE, "secure 192.0.2.1");
	tell_server("forged", TLSA_EE, "secure 192.0.2.1");
	tell_server("unsigned", "secure " TLSA_EE, "192.0.2.1");
	tell_server("broken", "failed", "secure 192.0.2.1");
	tell_server("none", "secure no-data", "secure 192.0.2.1");
	tell_server("islands", "failed", "192.0.2.1");
	world.dane = true;
	for (int late = 0; late < 2; late++) {
		resolver.late = late == 1;
		cr_expect_eq(demand("ee.example"), TRANSPORT_DEMAND_DANE);
		cr_expect_str_eq(hop.addresses[0].tlsa->also, "ee.example");
		cr_expect_eq(demand("both.example"), TRANSPORT_DEMAND_DANE);
		cr_expect_eq(demand("pkix.example"), TRANSPORT_DEMAND_TLS);
		cr_expect_eq(demand("forged.example"), TRANSPORT_DEMAND_NONE);
		cr_expect_eq(demand("unsigned.example"), TRANSPORT_DEMAND_NONE);
		cr_expect_eq(demand("broken.example"), TRANSPORT_DEMAND_UNKNOWN);
		cr_expect_eq(demand("none.example"), TRANSPORT_DEMAND_NONE);
		cr_expect_eq(demand("islands.example"), TRANSPORT_DEMAND_NONE, "without DNSSEC nothing is asked");
	}
	world.dane = false;
	cr_expect_eq(demand("ee.example"), TRANSPORT_DEMAND_NONE);
	cr_expect_eq(demand("broken.example"), TRANSPORT_DEMAND_NONE);
}

Test(hop, keeps_dane_while_one_of_its_addresses_is_not_answered)
{
	tell("MX example.net secure 10:mx.example.net");
	tell("A mx.example.net secure 192.0.2.1");
	tell("AAAA mx.example.net failed");
	tell("TLSA _25._tcp.mx.example.net secure " TLSA_EE);
	world.dane = true;
	cr_expect_eq(demand("example.net"), TRANSPORT_DEMAND_DANE);
}

Test(hop, has_the_records_of_the_name_that_it_is_an_alias_of)
{
	tell("MX a.example secure 10:mx.a.example");
	tell("A mx.a.example secure =host.example.net 192.0.2.1");
	tell("AAAA mx.a.example secure =host.example.net no-data");
	tell("TLSA _25._tcp.host.example.net secure " TLSA_EE);
	tell("MX b.example secure 10:mx.b.example");
	tell("A mx.b.example secure =other.example.net 192.0.2.1");
	tell("AAAA mx.b.example secure =other.example.net no-data");
	tell("TLSA _25._tcp.other.example.net secure no-data");
	tell("TLSA _25._tcp.mx.b.example secure " TLSA_EE);
	tell("MX c.example secure 10:mx.c.example");
	tell("A mx.c.example secure =bogus.example.net 192.0.2.1");
	tell("AAAA mx.c.example secure =bogus.example.net no-data");
	tell("TLSA _25._tcp.bogus.example.net failed");
	tell("TLSA _25._tcp.mx.c.example secure no-data");
	world.dane = true;
	for (int late = 0; late < 2; late++) {
		resolver.late = late == 1;
		cr_expect_eq(demand("a.example"), TRANSPORT_DEMAND_DANE);
		cr_expect_str_eq(hop.addresses[0].tlsa->base, "host.example.net");
		cr_expect_eq(demand("b.example"), TRANSPORT_DEMAND_DANE);
		cr_expect_str_eq(hop.addresses[0].tlsa->base, "mx.b.example");
		cr_expect_eq(demand("c.example"), TRANSPORT_DEMAND_UNKNOWN);
	}
}

Test(hop, has_its_own_records_where_the_alias_alone_is_verified)
{
	static const char *const aliases[] = { "secure host.example.net", "host.example.net", "failed",
		"secure no-data" };
	static const enum transport_demand demanded[] = { TRANSPORT_DEMAND_DANE, TRANSPORT_DEMAND_NONE,
		TRANSPORT_DEMAND_UNKNOWN, TRANSPORT_DEMAND_NONE };
	char text[100];
	world.dane = true;
	for (size_t i = 0; i < 2 * sizeof aliases / sizeof *aliases; i++) {
		fake_resolver_open(&resolver);
		resolver.late = i % 2 == 1;
		tell("MX example.org secure 10:mx.example.org");
		tell("A mx.example.org =host.example.net 192.0.2.1");
		tell("AAAA mx.example.org =host.example.net no-data");
		tell("TLSA _25._tcp.host.example.net secure " TLSA_PKIX);
		tell("TLSA _25._tcp.mx.example.org secure " TLSA_EE);
		snprintf(text, sizeof text, "CNAME mx.example.org %s", aliases[i / 2]);
		tell(text);
		cr_expect_eq(demand("example.org"), demanded[i / 2], "%s", text);
		if (i < 2)
			cr_expect_str_eq(hop.addresses[0].tlsa->base, "mx.example.org");
	}
}

Test(hop, has_no_dane_by_an_mx_that_is_not_verified)
{
	tell("MX example.net 10:mx.example.org");
	tell("A mx.example.org secure 192.0.2.1");
	tell("AAAA mx.example.org secure no-data");
	tell("TLSA _25._tcp.mx.example.org secure " TLSA_EE);
	world.dane = true;
	cr_expect_eq(demand("example.net"), TRANSPORT_DEMAND_NONE);
}

Test(hop, of_a_route_that_demands_dane_has_nothing_without_it)
{
	struct route route;
	tell_server("ee", "secure " TLSA_EE, "secure 192.0.2.1");
	tell_server("pkix", "secure " TLSA_PKIX, "secure 192.0.2.1");
	tell_server("unsigned", "secure " TLSA_EE, "192.0.2.1");
	world.dane = true;
	hop.dane_only = true;
	cr_expect_eq(demand("ee.example"), TRANSPORT_DEMAND_DANE);
	cr_expect_eq(demand("pkix.example"), TRANSPORT_DEMAND_NO_DANE);
	cr_expect_eq(demand("unsigned.example"), TRANSPORT_DEMAND_NO_DANE);
	cr_assert(route_parse(&route, "192.0.2.1:2525"));
	next_hop_find(&hop, &route, "example.net");
	cr_expect_eq(hop.addresses[0].demand, TRANSPORT_DEMAND_NO_DANE);
	route_clear(&route);
	world.dane = false;
	cr_expect_eq(demand("ee.example"), TRANSPORT_DEMAND_DANE_OFF);
}

Test(hop, of_a_route_has_dane_for_its_port)
{
	struct route route;
	tell("A relay.example.net secure 192.0.2.1");
	tell("AAAA relay.example.net secure no-data");
	tell("TLSA _587._tcp.relay.example.net secure " TLSA_EE);
	world.dane = true;
	hop.world = &world;
	hop.done = on_done;
	cr_assert(route_parse(&route, "relay.example.net:587"));
	next_hop_find(&hop, &route, "example.net");
	cr_expect_eq(hop.addresses[0].demand, TRANSPORT_DEMAND_DANE);
	route_clear(&route);
}
