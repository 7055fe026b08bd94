/* Answers of name servers, sound and not. */
#include "peer/dns_answer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer/dns_cache.h"
#include "support/dns_packet.h"

enum { A = 1, NS = 2, CNAME = 5, SOA = 6, PTR = 12, MX = 15, TXT = 16, AAAA = 28, TLSA = 52 };

static struct packet packet;
static struct dns_answer *answer;

static void
forget(void)
{
	dns_answer_release(answer);
	answer = NULL;
}

TestSuite(dns_answer, .fini = forget);

/* In memory of its own size, so that a sanitizer sees a step beyond it. */
static void
look(enum resolver_type type, const char *name)
{
	unsigned char *copy = malloc(packet.len);
	cr_assert_not_null(copy);
	memcpy(copy, packet.octets, packet.len);
	forget();
	answer = dns_answer_new(type, name, copy, packet.len);
	free(copy);
	cr_assert_not_null(answer);
}

static const char *
address(size_t i)
{
	static char text[NETWORK_TEXT_SIZE];
	if (i >= answer->answer.count)
		return "none";
	network_write(text, &answer->answer.records[i].address);
	return text;
}

static const char *
text(size_t i)
{
	return i < answer->answer.count ? answer->answer.records[i].text : "none";
}

static void
begin(const char *name, unsigned type, unsigned answers)
{
	packet_begin(&packet, 0x8180, answers, 0);
	packet_question(&packet, name, type);
}

Test(dns_answer, addresses_are_found)
{
	begin("mx.example.org", A, 2);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	packet_record(&packet, A, 60, "\xC0\x00\x02\x02", 4);
	look(RESOLVER_A, "mx.example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FOUND);
	cr_expect_eq(answer->answer.count, 2);
	cr_expect_str_eq(address(0), "192.0.2.1");
	cr_expect_str_eq(address(1), "192.0.2.2");
	cr_expect_eq(answer->ttl, 60);
	begin("mx.example.org", AAAA, 1);
	packet_record(&packet, AAAA, 300, "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
	look(RESOLVER_AAAA, "mx.example.org");
	cr_expect_str_eq(address(0), "2001:db8::1");
}

Test(dns_answer, tlsa_records_are_kept_whole)
{
	unsigned char record[1500] = { 3, 0, 1 };
	memset(record + 3, 'x', sizeof record - 3);
	begin("_25._tcp.mx.example.org", TLSA, 2);
	packet_record(&packet, TLSA, 300, record, sizeof record);
	packet_record(&packet, TLSA, 300, "\2\1\1\0\xFF", 5);
	look(RESOLVER_TLSA, "_25._tcp.mx.example.org");
	cr_assert_eq(answer->answer.count, 2);
	cr_assert_eq(answer->answer.records[0].len, sizeof record);
	cr_expect_arr_eq(answer->answer.records[0].text, record, sizeof record);
	cr_assert_eq(answer->answer.records[1].len, 5);
	cr_expect_arr_eq(answer->answer.records[1].text, "\2\1\1\0\xFF", 6);
}

/* A public key of Ed25519, as RFC 8410 section 4 has it. */
#define PUBLIC_KEY                                                                                                     \
	"\x30\x2A\x30\x05\x06\x03\x2B\x65\x70\x03\x21\0"                                                               \
	"0123456789abcdef0123456789abcdef"

Test(dns_answer, malformed_tlsa_records_count_but_are_empty)
{
	static const char whole[] = "\3\1\0" PUBLIC_KEY;
	const size_t len = sizeof whole - 1;
	char longer[sizeof whole];
	memcpy(longer, whole, sizeof whole);
	begin("_25._tcp.mx.example.org", TLSA, 8);
	packet_record(&packet, TLSA, 300, "", 0);
	packet_record(&packet, TLSA, 300, "\3\1", 2);
	packet_record(&packet, TLSA, 300, "\3\1\1", 3);
	packet_record(&packet, TLSA, 300, "\3\0\0x", 4);
	packet_record(&packet, TLSA, 300, whole, len - 1);
	packet_record(&packet, TLSA, 300, longer, sizeof longer);
	packet_record(&packet, TLSA, 300, whole, len);
	packet_record(&packet, TLSA, 300, "\3\2\0x", 4);
	look(RESOLVER_TLSA, "_25._tcp.mx.example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FOUND);
	cr_assert_eq(answer->answer.count, 8);
	for (size_t i = 0; i < 6; i++)
		cr_expect_eq(answer->answer.records[i].len, 0, "%zu", i);
	cr_expect_eq(answer->answer.records[6].len, len);
	cr_expect_eq(answer->answer.records[7].len, 4, "a selector that is not known is not judged here");
}

Test(dns_answer, name_that_an_alias_leads_to_is_kept)
{
	begin("mx.example.org", A, 3);
	packet_record_name(&packet, CNAME, 300, "", 0, "www.example.net");
	packet_record_of(&packet, "www.example.net", CNAME, 300, "\4host\3net\0", 10);
	packet_record_of(&packet, "host.net", A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "mx.example.org");
	cr_expect_eq(answer->answer.count, 1);
	cr_expect_str_eq(answer->answer.alias_of, "host.net");
	begin("mx.example.org", A, 1);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "mx.example.org");
	cr_expect_null(answer->answer.alias_of);
}

Test(dns_answer, name_servers_of_the_root_are_found)
{
	begin("", NS, 2);
	packet_record_name(&packet, NS, 300, "", 0, "a.root-servers.net");
	packet_record_name(&packet, NS, 300, "", 0, "b.root-servers.net");
	packet.octets[3] |= 0x20;
	look(RESOLVER_NS, "");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FOUND);
	cr_expect_eq(answer->answer.count, 2);
	cr_expect_str_eq(text(1), "b.root-servers.net");
	cr_expect(answer->answer.secure);
	look(RESOLVER_NS, "example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED);
	begin("example.org", NS, 1);
	packet_record_name(&packet, NS, 300, "", 0, "ns.example.org");
	look(RESOLVER_NS, "");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED, "the answer to another question");
}

Test(dns_answer, the_bit_of_dnssec_is_kept)
{
	begin("mx.example.org", A, 1);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "mx.example.org");
	cr_expect_not(answer->answer.secure);
	packet.octets[3] |= 0x20;
	look(RESOLVER_A, "mx.example.org");
	cr_expect(answer->answer.secure);
	cr_expect_eq(answer->answer.outcome, RESOLVER_FOUND);
	packet.octets[3] |= 3;
	look(RESOLVER_A, "mx.example.org");
	cr_expect(answer->answer.secure, "that there is no such name is verified too");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_NAME);
}

Test(dns_answer, ipv4_in_an_ipv6_record_is_dropped)
{
	begin("mx.example.org", AAAA, 1);
	packet_record(&packet, AAAA, 300, "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\x7F\0\0\x01", 16);
	look(RESOLVER_AAAA, "mx.example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_DATA);
}

Test(dns_answer, mail_exchangers_come_by_preference)
{
	begin("example.org", MX, 4);
	packet_record_name(&packet, MX, 300, "\0\x14", 2, "c.example.org");
	packet_record_name(&packet, MX, 300, "\0\x0A", 2, "A.Example.Org");
	packet_record_name(&packet, MX, 300, "\0\x14", 2, "d.example.org");
	packet_record_name(&packet, MX, 300, "\0\x0A", 2, "b.example.org");
	look(RESOLVER_MX, "example.org");
	cr_expect_str_eq(text(0), "a.example.org");
	cr_expect_str_eq(text(1), "b.example.org");
	cr_expect_str_eq(text(2), "c.example.org");
	cr_expect_str_eq(text(3), "d.example.org");
	cr_expect_eq(answer->answer.records[3].preference, 20);
}

Test(dns_answer, a_null_mx_is_an_empty_name)
{
	begin("example.org", MX, 1);
	packet_record_name(&packet, MX, 300, "\0\0", 2, "");
	look(RESOLVER_MX, "example.org");
	cr_expect_eq(answer->answer.count, 1);
	cr_expect_str_eq(text(0), "");
	cr_expect_eq(answer->answer.records[0].len, 0);
}

Test(dns_answer, aliases_are_followed)
{
	begin("www.example.org", A, 3);
	packet_record_name(&packet, CNAME, 30, "", 0, "a.b/c.example.org");
	packet_record_of(&packet, "other.example.org", A, 5, "\xC0\x00\x02\x09", 4);
	packet_record_of(&packet, "a.b/C.example.org", A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "www.example.org");
	cr_expect_eq(answer->answer.count, 1);
	cr_expect_str_eq(address(0), "192.0.2.1");
	cr_expect_eq(answer->ttl, 30);
}

Test(dns_answer, invalid_host_names_are_dropped)
{
	static const char *const bad[] = { "a b.example.org", "\x1B[31m.example.org", "%s%n.example.org", "",
		"host\r\nEvil: yes", "a\\.b", "<x>", "\xC3\xA4.example.org" };
	begin("7.2.0.192.in-addr.arpa", PTR, 1 + sizeof bad / sizeof *bad);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		packet_record_name(&packet, PTR, 300, "", 0, bad[i]);
	packet_record_name(&packet, PTR, 300, "", 0, "good.example.org");
	look(RESOLVER_PTR, "7.2.0.192.in-addr.arpa");
	cr_expect_eq(answer->answer.count, 1);
	cr_expect_str_eq(text(0), "good.example.org");
}

Test(dns_answer, dot_or_nul_within_a_label_is_rejected)
{
	begin("7.2.0.192.in-addr.arpa", PTR, 2);
	packet_record(&packet, PTR, 300, "\x0Btrusted.org\0", 13);
	packet_record(&packet, PTR, 300,
	    "\x05"
	    "a\0bcd\x03org\0",
	    11);
	look(RESOLVER_PTR, "7.2.0.192.in-addr.arpa");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_DATA);
}

Test(dns_answer, name_of_255_octets_is_accepted_and_no_longer_one)
{
	char name[DNS_NAME_SIZE + 1], longer[DNS_NAME_SIZE + 1];
	for (size_t i = 0; i < DNS_NAME_MAX; i++)
		name[i] = i % 64 == 63 ? '.' : 'x';
	name[DNS_NAME_MAX] = '\0';
	memcpy(longer, name, sizeof longer);
	memcpy(longer + DNS_NAME_MAX, "x", 2);
	begin("a", PTR, 1);
	packet_record_name(&packet, PTR, 300, "", 0, name);
	look(RESOLVER_PTR, "a");
	cr_expect_str_eq(text(0), name);
	begin("a", PTR, 1);
	packet_record_name(&packet, PTR, 300, "", 0, longer);
	look(RESOLVER_PTR, "a");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_DATA);
}

Test(dns_answer, txt_strings_are_joined_and_truncated)
{
	struct packet data = { .len = 0 };
	begin("example.org", TXT, 2);
	packet_record(&packet, TXT, 300, "\x05v=\0\r\n\0\x03xyz", 11);
	for (int i = 0; i < 5; i++) {
		packet_number(&data, 255, 1);
		for (int j = 0; j < 255; j++)
			packet_number(&data, 'a' + (unsigned)i, 1);
	}
	packet_record(&packet, TXT, 300, data.octets, data.len);
	look(RESOLVER_TXT, "example.org");
	cr_assert_eq(answer->answer.count, 2);
	cr_expect_eq(answer->answer.records[0].len, 8);
	cr_expect_arr_eq(text(0), "v=\0\r\nxyz", 9);
	cr_expect_eq(answer->answer.records[1].len, RESOLVER_TEXT_MAX);
	cr_expect_eq(strlen(text(1)), RESOLVER_TEXT_MAX);
	cr_expect_eq(text(1)[RESOLVER_TEXT_MAX - 1], 'e');
}

Test(dns_answer, records_over_the_limit_are_dropped)
{
	begin("example.org", A, 40);
	for (unsigned i = 0; i < 40; i++)
		packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "example.org");
	cr_expect_eq(answer->answer.count, RESOLVER_RECORDS_MAX);
}

Test(dns_answer, a_record_of_a_wrong_length_is_dropped)
{
	begin("example.org", A, 3);
	packet_record(&packet, A, 300, "\xC0\x00\x02", 3);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01\x01", 5);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "example.org");
	cr_expect_eq(answer->answer.count, 1);
}

/* A start of authority, whose last number is how long nothing is to be believed. */
static void
add_authority(unsigned ttl, unsigned minimum)
{
	struct packet data = { .len = 0 };
	packet_name(&data, "ns.example.org");
	packet_name(&data, "admin.example.org");
	for (int i = 0; i < 4; i++)
		packet_number(&data, 1, 4);
	packet_number(&data, minimum, 4);
	packet_record_of(&packet, "example.org", SOA, ttl, data.octets, data.len);
}

Test(dns_answer, nxdomain_differs_from_no_data)
{
	packet_begin(&packet, 0x8183, 0, 1);
	packet_question(&packet, "no.example.org", A);
	add_authority(900, 120);
	look(RESOLVER_A, "no.example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_NAME);
	cr_expect_eq(answer->ttl, 120);
	packet_begin(&packet, 0x8180, 0, 1);
	packet_question(&packet, "no.example.org", A);
	add_authority(60, 3600);
	look(RESOLVER_A, "no.example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_NO_DATA);
	cr_expect_eq(answer->ttl, 60);
}

Test(dns_answer, other_response_codes_are_failures)
{
	static const unsigned flags[] = { 0x8182, 0x8185, 0x8181, 0x8184, 0x0180, 0x8380, 0x8980 };
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
		packet_begin(&packet, flags[i], 1, 0);
		packet_question(&packet, "example.org", A);
		packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
		look(RESOLVER_A, "example.org");
		cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED, "%x", flags[i]);
		cr_expect_eq(answer->answer.count, 0);
		cr_expect_eq(answer->ttl, 0);
	}
	forget();
	answer = dns_answer_new(RESOLVER_A, "example.org", NULL, 0);
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED);
}

Test(dns_answer, answer_to_another_question_is_a_failure)
{
	begin("example.com", A, 1);
	packet_record(&packet, A, 300, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, "example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED);
	look(RESOLVER_AAAA, "example.com");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED);
	look(RESOLVER_A, "example.com");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FOUND);
}

Test(dns_answer, truncated_message_is_a_failure)
{
	begin("example.org", MX, 2);
	packet_record_name(&packet, MX, 300, "\0\x0A", 2, "a.example.org");
	packet_record_name(&packet, MX, 300, "\0\x0A", 2, "b.example.org");
	for (size_t whole = packet.len; packet.len-- > 0;) {
		look(RESOLVER_MX, "example.org");
		cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED, "%zu of %zu", packet.len, whole);
	}
}

/* Pointers to themselves, to each other, ahead; a label of a kind that there is not. */
Test(dns_answer, looping_pointers_end)
{
	static const char *const pointers[] = { "\xC0\x29", "\xC0\x2B", "\xFF\xFF", "\x01x\xC0\x29", "\x40", "\x80",
		"\xC0" };
	for (size_t i = 0; i < sizeof pointers / sizeof *pointers; i++) {
		begin("example.org", PTR, 1);
		packet_record(&packet, PTR, 300, pointers[i], strlen(pointers[i]));
		look(RESOLVER_PTR, "example.org");
		cr_expect_eq(answer->answer.outcome, RESOLVER_NO_DATA, "%zu", i);
	}
	begin("example.org", PTR, 1);
	packet_add(&packet, "\xC0\x1D", 2);
	look(RESOLVER_PTR, "example.org");
	cr_expect_eq(answer->answer.outcome, RESOLVER_FAILED);
}

Test(dns_answer, compressed_names_are_followed)
{
	begin("example.org", MX, 1);
	packet_record(&packet, MX, 300, "\0\x0A\x02mx\xC0\x0C", 7);
	look(RESOLVER_MX, "example.org");
	cr_expect_str_eq(text(0), "mx.example.org");
}

static struct dns_cache *cache;

static void
set_up(void)
{
	cache = dns_cache_new();
	cr_assert_not_null(cache);
}

static void
tear_down(void)
{
	dns_cache_free(cache);
	forget();
}

TestSuite(dns_cache, .init = set_up, .fini = tear_down);

static void
put(const char *name, unsigned ttl, int64_t now)
{
	begin(name, A, 1);
	packet_record(&packet, A, ttl, "\xC0\x00\x02\x01", 4);
	look(RESOLVER_A, name);
	dns_cache_put(cache, RESOLVER_A, name, answer, now);
}

Test(dns_cache, an_answer_is_kept_for_its_time)
{
	put("example.org", 60, 1000);
	cr_expect_eq(dns_cache_find(cache, RESOLVER_A, "example.org", 60999), answer);
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "example.org", 61000));
	cr_expect_null(dns_cache_find(cache, RESOLVER_AAAA, "example.org", 1000));
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "example.net", 1000));
}

Test(dns_cache, ttl_is_bounded)
{
	put("short.example", 0, 0);
	cr_expect_not_null(dns_cache_find(cache, RESOLVER_A, "short.example", DNS_CACHE_LEAST - 1));
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "short.example", DNS_CACHE_LEAST));
	put("long.example", INT32_MAX, 0);
	cr_expect_not_null(dns_cache_find(cache, RESOLVER_A, "long.example", DNS_CACHE_MOST - 1));
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "long.example", DNS_CACHE_MOST));
	put("odd.example", 0x80000000, 0);
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "odd.example", DNS_CACHE_LEAST));
}

Test(dns_cache, negative_answer_is_kept_briefly)
{
	answer = dns_answer_new(RESOLVER_A, "dead.example", NULL, 0);
	dns_cache_put(cache, RESOLVER_A, "dead.example", answer, 0);
	cr_expect_eq(dns_cache_find(cache, RESOLVER_A, "dead.example", DNS_CACHE_LEAST - 1), answer);
	cr_expect_null(dns_cache_find(cache, RESOLVER_A, "dead.example", DNS_CACHE_LEAST));
}

Test(dns_cache, last_entry_is_always_found)
{
	char name[32];
	for (int i = 0; i < 3 * DNS_CACHE_SLOTS; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		put(name, 60, 0);
		cr_assert_eq(dns_cache_find(cache, RESOLVER_A, name, 0), answer);
	}
	unsigned kept = 0;
	for (int i = 0; i < 3 * DNS_CACHE_SLOTS; i++) {
		snprintf(name, sizeof name, "n%d.example", i);
		kept += dns_cache_find(cache, RESOLVER_A, name, 0) != NULL;
	}
	cr_expect(kept > DNS_CACHE_SLOTS / 2 && kept <= DNS_CACHE_SLOTS);
}
