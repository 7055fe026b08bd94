/* Names of the domain name system, and the fake resolver of the tests. */
#include "port/resolver.h"

#include <criterion/criterion.h>
#include <string.h>

#include "support/fake_resolver.h"

static bool
is_name(const char *text)
{
	return dns_name_is_valid(text, strlen(text));
}

Test(resolver, names_are_labels_of_letters_digits_hyphens_and_underscores)
{
	static const char *const good[] = { "a", "example.org", "_dmarc.example.org", "xn--strae-oqa.de", "1.2.3.4",
		"A-b.C" };
	static const char *const bad[] = { "", ".", "example.org.", ".org", "a..b", "a b", "a%s", "a\\b", "a/b",
		"\x1B[1m", "a\n",
		"stra\xC3\x9F"
		"e.de",
		"[192.0.2.1]", "a:b", "*.org" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_expect(is_name(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(is_name(bad[i]), "%s", bad[i]);
	cr_expect_not(dns_name_is_valid("a\0b", 3));
}

Test(resolver, labels_have_63_octets_and_names_253)
{
	char text[300];
	memset(text, 'x', sizeof text);
	cr_expect(dns_name_is_valid(text, 63));
	cr_expect_not(dns_name_is_valid(text, 64));
	for (size_t i = 63; i < sizeof text; i += 64)
		text[i] = '.';
	cr_expect(dns_name_is_valid(text, 253));
	cr_expect_not(dns_name_is_valid(text, 254));
}

static const char *
reverse(const char *address, const char *zone)
{
	static char name[DNS_NAME_SIZE];
	struct network network;
	cr_assert(network_parse_address(&network, address));
	return dns_name_reverse(name, &network, zone) ? name : "none";
}

Test(resolver, addresses_are_asked_for_backwards)
{
	cr_expect_str_eq(reverse("192.0.2.7", NULL), "7.2.0.192.in-addr.arpa");
	cr_expect_str_eq(reverse("255.255.255.255", "list.example"), "255.255.255.255.list.example");
	cr_expect_str_eq(reverse("::ffff:192.0.2.7", NULL), "7.2.0.192.in-addr.arpa");
	cr_expect_str_eq(reverse("2001:db8::12:3", NULL),
	    "3.0.0.0.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
	cr_expect_str_eq(reverse("2001:db8::12:3", "list.example"),
	    "3.0.0.0.2.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.list.example");
}

Test(resolver, a_zone_that_is_too_long_gives_no_name)
{
	char zone[DNS_NAME_SIZE];
	memset(zone, 'z', sizeof zone);
	zone[DNS_NAME_MAX - strlen("7.2.0.192.")] = '\0';
	cr_expect_eq(strlen(reverse("192.0.2.7", zone)), DNS_NAME_MAX);
	cr_expect_str_eq(reverse("192.0.2.77", zone), "none");
}

/* What a question has been answered. */
struct answered {
	struct resolver_question question;
	unsigned times;
	enum resolver_outcome outcome;
	size_t count;
	char first[DNS_NAME_SIZE];
};

static void
take(struct resolver_question *question, const struct resolver_answer *answer)
{
	struct answered *answered = (struct answered *)question;
	answered->times++;
	answered->outcome = answer->outcome;
	answered->count = answer->count;
	if (answer->count > 0 && answer->records[0].text != NULL)
		memcpy(answered->first, answer->records[0].text, answer->records[0].len + 1);
	else if (answer->count > 0)
		network_write(answered->first, &answer->records[0].address);
}

static struct answered
ask(struct fake_resolver *stand, enum resolver_type type, const char *name)
{
	struct answered answered = { .question = { .done = take } };
	resolver_ask(&stand->resolver, type, name, &answered.question);
	while (fake_resolver_run(stand))
		;
	cr_assert_eq(answered.times, 1);
	return answered;
}

static struct fake_resolver stand;

Test(fake_resolver, returns_the_configured_answers)
{
	fake_resolver_open(&stand);
	cr_assert(fake_resolver_tell(&stand, "A mx.example.org 192.0.2.1 192.0.2.2"));
	cr_assert(fake_resolver_tell(&stand, "MX example.org 10:mx.example.org"));
	cr_assert(fake_resolver_tell(&stand, "MX null.example 0:"));
	cr_assert(fake_resolver_tell(&stand, "TXT words.example some words"));
	cr_assert(fake_resolver_tell(&stand, "PTR 192.0.2.7 client.example.org"));
	cr_assert(fake_resolver_tell(&stand, "A lame.example failed"));
	for (int i = 0; i < 2; i++, stand.late = true) {
		cr_expect_eq(ask(&stand, RESOLVER_A, "mx.example.org").count, 2);
		cr_expect_str_eq(ask(&stand, RESOLVER_A, "MX.example.org").first, "192.0.2.1");
		cr_expect_str_eq(ask(&stand, RESOLVER_MX, "example.org").first, "mx.example.org");
		cr_expect_str_eq(ask(&stand, RESOLVER_MX, "null.example").first, "");
		cr_expect_str_eq(ask(&stand, RESOLVER_TXT, "words.example").first, "some words");
		cr_expect_str_eq(ask(&stand, RESOLVER_PTR, "7.2.0.192.in-addr.arpa").first, "client.example.org");
		cr_expect_eq(ask(&stand, RESOLVER_A, "lame.example").outcome, RESOLVER_FAILED);
		cr_expect_eq(ask(&stand, RESOLVER_A, "words.example").outcome, RESOLVER_NO_DATA);
		cr_expect_eq(ask(&stand, RESOLVER_A, "nowhere.example").outcome, RESOLVER_NO_NAME);
	}
	cr_expect_eq(stand.asked, 18);
}

Test(fake_resolver, is_not_asked_for_malformed_names)
{
	fake_resolver_open(&stand);
	cr_expect_eq(ask(&stand, RESOLVER_A, "a b").outcome, RESOLVER_NO_NAME);
	cr_expect_eq(ask(&stand, RESOLVER_A, "").outcome, RESOLVER_NO_NAME);
	cr_expect_eq(stand.asked, 0);
}

Test(fake_resolver, refuses_other_configuration_lines)
{
	static const char *const bad[] = { "", "A", "A name", "B name 192.0.2.1", "A name nonsense",
		"MX name mx.example.org" };
	fake_resolver_open(&stand);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(fake_resolver_tell(&stand, bad[i]), "%s", bad[i]);
}
