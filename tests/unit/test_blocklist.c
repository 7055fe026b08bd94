/* DNS blocklists, name servers and names as the configuration and senders write them. */
#include "port/blocklist.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/address/idna.h"
#include "config/dns_settings.h"

static struct blocklists lists;
static char error[SECTION_ERROR_SIZE];

Test(blocklist, a_zone_alone_weighs_one_and_takes_any_code)
{
	cr_assert_eq(blocklists_read(&lists, "  a.example  b.example ", error), 0);
	cr_expect_eq(lists.count, 2);
	cr_expect_str_eq(lists.list[1].zone, "b.example");
	cr_expect_eq(lists.list[1].weight, 1);
	cr_expect_eq(lists.list[1].count, 0);
}

Test(blocklist, codes_and_weight_follow_a_zone)
{
	cr_assert_eq(blocklists_read(&lists, "a.example=127.0.0.2,127.0.0.4-8*3 b.example*-100", error), 0);
	cr_expect_eq(lists.list[0].weight, 3);
	cr_expect_eq(lists.list[0].count, 2);
	cr_expect_eq(lists.list[0].codes[0].low, 0x7F000002);
	cr_expect_eq(lists.list[0].codes[0].high, 0x7F000002);
	cr_expect_eq(lists.list[0].codes[1].low, 0x7F000004);
	cr_expect_eq(lists.list[0].codes[1].high, 0x7F000008);
	cr_expect_eq(lists.list[1].weight, -100);
}

Test(blocklist, faults_are_named)
{
	static const char *const bad[] = { "a..example", "*2", "=127.0.0.2", "a.example*", "a.example*0",
		"a.example*101", "a.example*-101", "a.example*+1", "a.example*99999999999999999999",
		"a.example=", "a.example=127.0.0.2,", "a.example=127.0.0.8-4", "a.example=127.0.0.2-256",
		"a.example=127.0.0.2-", "a.example=128.0.0.1", "a.example=127.255.255.254", "a.example=::1",
		"a.example=127.0.0.1,127.0.0.2,127.0.0.3,127.0.0.4,"
		"127.0.0.5,127.0.0.6,127.0.0.7,127.0.0.8,127.0.0.9" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		error[0] = '\0';
		cr_expect_eq(blocklists_read(&lists, bad[i], error), -1, "%s", bad[i]);
		cr_expect_not_null(strchr(error, ';'), "%s: %s", bad[i], error);
	}
}

Test(blocklist, there_are_16_lists_at_most)
{
	char text[512] = "";
	for (size_t i = 0; i < BLOCKLISTS_MAX; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "l%zu.example ", i);
	cr_expect_eq(blocklists_check(text, error), 0);
	snprintf(text + strlen(text), sizeof text - strlen(text), "more.example");
	cr_expect_eq(blocklists_check(text, error), -1);
	cr_expect_str_eq(error, "'more.example' is one list too many; name 16 at most");
}

Test(blocklist, a_zone_leaves_room_for_an_ipv6_address)
{
	char text[BLOCKLIST_ZONE_MAX + 2], name[DNS_NAME_SIZE];
	struct network address;
	for (size_t i = 0; i <= BLOCKLIST_ZONE_MAX; i++)
		text[i] = i % 64 == 63 ? '.' : 'x';
	text[BLOCKLIST_ZONE_MAX] = '\0';
	cr_assert_eq(blocklists_read(&lists, text, error), 0);
	network_parse_address(&address, "2001:db8::1");
	cr_expect(dns_name_reverse(name, &address, lists.list[0].zone));
	memcpy(text + BLOCKLIST_ZONE_MAX, "x", 2);
	cr_expect_eq(blocklists_check(text, error), -1);
}

static enum blocklist_verdict
judge(const char *list, const char *first, const char *second)
{
	struct resolver_record records[2];
	struct resolver_answer answer = { .outcome = RESOLVER_NO_NAME, .records = records };
	const struct network *code = NULL;
	const char *const codes[] = { first, second };
	cr_assert_eq(blocklists_read(&lists, list, error), 0);
	for (size_t i = 0; i < 2; i++)
		if (codes[i] != NULL)
			cr_assert(network_parse_address(&records[answer.count++].address, codes[i]));
	enum blocklist_verdict verdict = blocklist_judge(&lists.list[0], &answer, &code);
	cr_expect_eq(code != NULL, verdict != BLOCKLIST_CLEAN);
	return verdict;
}

Test(blocklist, an_answer_lists_by_its_code)
{
	static const char wanted[] = "a.example=127.0.0.2,127.0.0.4-8";
	cr_expect_eq(judge("a.example", NULL, NULL), BLOCKLIST_CLEAN);
	cr_expect_eq(judge("a.example", "127.0.0.2", NULL), BLOCKLIST_LISTED);
	cr_expect_eq(judge("a.example", "127.255.254.255", NULL), BLOCKLIST_LISTED);
	cr_expect_eq(judge(wanted, "127.0.0.2", NULL), BLOCKLIST_LISTED);
	cr_expect_eq(judge(wanted, "127.0.0.3", "127.0.0.8"), BLOCKLIST_LISTED);
	cr_expect_eq(judge(wanted, "127.0.0.3", "127.0.0.9"), BLOCKLIST_CLEAN);
	cr_expect_eq(judge(wanted, "127.0.1.5", NULL), BLOCKLIST_CLEAN);
}

Test(blocklist, an_answer_outside_127_lists_nobody)
{
	static const char *const codes[] = { "127.255.255.0", "127.255.255.252", "127.255.255.255", "126.255.255.255",
		"128.0.0.0", "192.0.2.1", "0.0.0.0" };
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
		cr_expect_eq(judge("a.example", codes[i], NULL), BLOCKLIST_REFUSES, "%s", codes[i]);
		cr_expect_eq(judge("a.example", "127.0.0.2", codes[i]), BLOCKLIST_REFUSES, "%s", codes[i]);
		cr_expect_eq(judge("a.example", codes[i], "127.0.0.2"), BLOCKLIST_REFUSES, "%s", codes[i]);
	}
}

Test(dns_servers, are_addresses_with_or_without_a_port)
{
	struct endpoint servers[DNS_SERVERS_MAX];
	cr_assert_eq(dns_servers_read(servers, " 192.0.2.1 2001:db8::1  127.0.0.1:5353 [::1]:5354 ", error), 4);
	cr_expect_eq(ntohs(servers[0].address.v4.sin_port), 53);
	cr_expect_eq(ntohs(servers[1].address.v6.sin6_port), 53);
	cr_expect_eq(ntohs(servers[2].address.v4.sin_port), 5353);
	cr_expect_eq(ntohs(servers[3].address.v6.sin6_port), 5354);
	cr_expect_eq(dns_servers_read(servers, "", error), 0);
}

Test(dns_servers, nothing_else_is_accepted)
{
	static const char *const bad[] = { "localhost", "localhost:53", "/run/dns", "127.0.0.1:", "127.0.0.1:99999",
		"::1:53x", "127.0.0.1,127.0.0.2",
		"[2001:0db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:53" };
	struct endpoint servers[DNS_SERVERS_MAX];
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_eq(dns_servers_read(servers, bad[i], error), -1, "%s", bad[i]);
	cr_expect_eq(
	    dns_servers_check(
	        "192.0.2.1 192.0.2.2 192.0.2.3 192.0.2.4 192.0.2.5 192.0.2.6 192.0.2.7 192.0.2.8 192.0.2.9", error),
	    -1);
	cr_expect_str_eq(error, "there are more than 8 name servers; leave '192.0.2.9' out");
	cr_expect_eq(dns_servers_check(" ", error), -1);
	cr_expect_str_eq(error, "' ' names no name server; leave the setting out for those of the system");
}

static const char *
ascii(const char *domain)
{
	static char name[DNS_NAME_SIZE];
	return idna_to_ascii(name, domain) ? name : "none";
}

Test(idna, other_scripts_have_an_ascii_form)
{
	cr_expect_str_eq(ascii("Example.org"), "example.org");
	cr_expect_str_eq(ascii("b\xC3\xBC"
	                       "cher.example"),
	    "xn--bcher-kva.example");
	cr_expect_str_eq(ascii("stra\xC3\x9F"
	                       "e.example"),
	    "xn--strae-oqa.example");
	cr_expect_str_eq(ascii("bu\xCC\x88"
	                       "cher.example"),
	    "xn--bcher-kva.example");
}

Test(idna, name_without_an_ascii_form_is_refused)
{
	static const char *const bad[] = { "", "a b", "\xC3\xBC.", "\xC3\x28.example",
		"\xE2\x80\xAE"
		"a.example",
		"\xF0\x9F\x98\x80.example\x01" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_str_eq(ascii(bad[i]), "none", "%zu", i);
}

static const char *
unicode(const char *domain)
{
	static char text[64];
	idna_to_unicode(text, sizeof text, domain);
	return text;
}

Test(idna, people_see_the_u_label_that_leads_back_to_the_name)
{
	cr_expect_str_eq(unicode("xn--bcher-kva.example"),
	    "b\xC3\xBC"
	    "cher.example");
	cr_expect_str_eq(unicode("example.org"), "example.org");
	cr_expect_str_eq(unicode("xn--ls8h.example"), "xn--ls8h.example");
	cr_expect_str_eq(unicode("xn--99999999999.example"), "xn--99999999999.example");
	cr_expect_str_eq(unicode("\xFF"), "\xFF");
}
