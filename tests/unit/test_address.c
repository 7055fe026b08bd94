/* Addresses and paths: what parses, to what, and what does not. */
#include "base/address/address.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <idn2.h>
#include <string.h>
#include <unicase.h>

#include "base/address/address_key.h"

enum { BARE = 1, NULL_PATH = 2, UTF8 = 4 };

/* The calls of the functions that allocate, which fail if memory is out. */
static unsigned calls;
static bool memory_is_out;

int __real_idn2_to_ascii_8z(const char *input, char **output, int flags);
int __wrap_idn2_to_ascii_8z(const char *input, char **output, int flags);
uint8_t *__real_u8_casefold(
    const uint8_t *text, size_t len, const char *language, uninorm_t form, uint8_t *buffer, size_t *result_len);
uint8_t *__wrap_u8_casefold(
    const uint8_t *text, size_t len, const char *language, uninorm_t form, uint8_t *buffer, size_t *result_len);

int
__wrap_idn2_to_ascii_8z(const char *input, char **output, int flags)
{
	calls++;
	return memory_is_out ? IDN2_MALLOC : __real_idn2_to_ascii_8z(input, output, flags);
}

uint8_t *
__wrap_u8_casefold(
    const uint8_t *text, size_t len, const char *language, uninorm_t form, uint8_t *buffer, size_t *result_len)
{
	calls++;
	errno = ENOMEM;
	return memory_is_out ? NULL : __real_u8_casefold(text, len, language, form, buffer, result_len);
}

static const struct {
	const char *path;
	int allowed;
	enum address_error error;
	const char *local, *domain;
	const char *written; /* the mailbox in the path */
} cases[] = {
	{ "<alice@example.test>", 0, ADDRESS_OK, "alice", "example.test", "alice@example.test" },
	{ "<Alice@EXAMPLE.Test>", 0, ADDRESS_OK, "Alice", "example.test", "Alice@EXAMPLE.Test" },
	{ "<a.b+c!d%e/f=g?h^i_j`k{l|m}n~o@x>", 0, ADDRESS_OK, "a.b+c!d%e/f=g?h^i_j`k{l|m}n~o", "x", NULL },
	{ "<\"a b\"@x>", 0, ADDRESS_OK, "a b", "x", "\"a b\"@x" },
	{ "<\"a\\\"\\\\\\b\"@x>", 0, ADDRESS_OK, "a\"\\b", "x", NULL },
	{ "<\"a>b@c\"@x>", 0, ADDRESS_OK, "a>b@c", "x", NULL },
	{ "<\"\"@x>", 0, ADDRESS_OK, "", "x", NULL },
	{ "<a@[192.0.2.1]>", 0, ADDRESS_OK, "a", "[192.0.2.1]", NULL },
	{ "<a@[IPv6:2001:DB8::1]>", 0, ADDRESS_OK, "a", "[ipv6:2001:db8::1]", NULL },
	{ "<a@[ipv6:::ffff:192.0.2.1]>", 0, ADDRESS_OK, "a", "[ipv6:::ffff:192.0.2.1]", NULL },
	{ "<@a.test,@[192.0.2.1]:b@c.test>", 0, ADDRESS_OK, "b", "c.test", "b@c.test" },
	{ "<a@1.2.3>", 0, ADDRESS_OK, "a", "1.2.3", NULL },
	{ "<a@xn--bcher-kva.example>", 0, ADDRESS_OK, "a", "xn--bcher-kva.example", NULL },
	{ "<a@b>", BARE | NULL_PATH, ADDRESS_OK, "a", "b", NULL },
	{ "<postmaster>", BARE, ADDRESS_OK, "postmaster", "", "postmaster" },
	{ "<\"a b\">", BARE, ADDRESS_OK, "a b", "", "\"a b\"" },
	{ "<>", NULL_PATH, ADDRESS_OK, "", "", "" },
	{ "<j\xC3\xB6rg@m\xC3\xBCnchen.test>", UTF8, ADDRESS_OK, "j\xC3\xB6rg", "xn--mnchen-3ya.test", NULL },
	{ "<a@M\xC3\x9CNCHEN.Test>", UTF8, ADDRESS_OK, "a", "xn--mnchen-3ya.test", NULL },
	{ "<a@mu\xCC\x88nchen.test>", UTF8, ADDRESS_OK, "a", "xn--mnchen-3ya.test", NULL },
	{ "<a@m\xC3\xBCnchen\xE3\x80\x82test>", UTF8, ADDRESS_OK, "a", "xn--mnchen-3ya.test", NULL },
	{ "<a@XN--Mnchen-3YA.test>", 0, ADDRESS_OK, "a", "xn--mnchen-3ya.test", NULL },
	{ "<a@xn--mnchen-3ya.m\xC3\xBC.test>", UTF8, ADDRESS_OK, "a", "xn--mnchen-3ya.xn--m-eha.test", NULL },
	{ "<a@stra\xC3\x9F\x65.test>", UTF8, ADDRESS_OK, "a", "xn--strae-oqa.test", NULL },
	{ "<a@xn--ls8h.test>", 0, ADDRESS_OK, "a", "xn--ls8h.test", NULL },
	{ "<a@xn--99999999999.test>", 0, ADDRESS_DOMAIN, "a", "xn--99999999999.test", "a@xn--99999999999.test" },
	{ "<a@b.xn-->", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@xn--abc-.test>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@m\xC3\xBC\xE3\x80\x82>", UTF8, ADDRESS_DOMAIN, "a", "m\xC3\xBC\xE3\x80\x82", NULL },
	{ "<a@m\xC3\xBC\xE3\x80\x82.test>", UTF8, ADDRESS_DOMAIN, "a", "m\xC3\xBC\xE3\x80\x82.test", NULL },
	{ "<a@\xD7\x90\x61.test>", UTF8, ADDRESS_DOMAIN, "a", "\xD7\x90\x61.test", NULL },
	{ "<a@\xF0\x9F\x92\xA9.test>", UTF8, ADDRESS_DOMAIN, "a", "\xF0\x9F\x92\xA9.test", NULL },
	{ "<a@m\xC3\xBC\xEF\xBC\xBF.test>", UTF8, ADDRESS_DOMAIN, "a", "m\xC3\xBC\xEF\xBC\xBF.test", NULL },
	{ "<a@m\xC3\xBC\xEF\xBC\xA0x.test>", UTF8, ADDRESS_DOMAIN, "a", "m\xC3\xBC\xEF\xBC\xA0x.test", NULL },
	{ "<\"\xE6\x97\xA5 \xF0\x9F\x93\xA7\"@x>", UTF8, ADDRESS_OK, "\xE6\x97\xA5 \xF0\x9F\x93\xA7", "x", NULL },
	{ "<j\xC3\xB6rg@x>", 0, ADDRESS_NEEDS_UTF8, "j\xC3\xB6rg", "x", NULL },
	{ "<a@m\xC3\xBC.test>", 0, ADDRESS_NEEDS_UTF8, "a", "m\xC3\xBC.test", NULL },
	{ "<@m\xC3\xBC.test:a@b>", 0, ADDRESS_NEEDS_UTF8, "a", "b", NULL },

	{ "", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<>", BARE, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "a@b", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<@b>", BARE, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"\">", BARE, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<@b:c>", BARE, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<@b:>", NULL_PATH, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<@:a@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<@a,:a@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "< a@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b >", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<.a@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a.@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a..b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a,b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a:b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a(b)@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"a@b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"a\\", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"a\"b@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"a\\\tb\"@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<\"a\x7f\"@c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@-b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b->", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b_c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@.b>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b.>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b..c>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[192.0.2.1>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[192.0.2]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[192.0.2.256]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[192.0.2.1]x>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[2001:db8::1]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[IPv6:]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[IPv6:2001:db8::1%eth0]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[IPv6:192.0.2.1]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@[X-tag:anything]>", 0, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xFF@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xC3@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xC0\xAF@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xED\xA0\x80@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xC2\x85@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a@b\xC2\x9B>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
	{ "<a\xF4\x90\x80\x80@b>", UTF8, ADDRESS_SYNTAX, NULL, NULL, NULL },
};

static enum address_error
parse(struct address *address, const char *path, size_t len, size_t *used, int allowed)
{
	return address_parse_path(address, path, len, used, allowed & NULL_PATH, allowed & BARE, allowed & UTF8);
}

Test(address, path_parses_to_its_mailbox_or_not_at_all)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct address address;
		size_t used;
		enum address_error error = parse(
		    &address, cases[i].path, strlen(cases[i].path), &used, cases[i].allowed);
		cr_expect_eq(error, cases[i].error, "%s: %d", cases[i].path, (int)error);
		cr_expect_eq(used, error == ADDRESS_SYNTAX ? 0 : strlen(cases[i].path), "%s", cases[i].path);
		if (error == ADDRESS_SYNTAX || cases[i].local == NULL)
			continue;
		cr_expect_str_eq(address.local, cases[i].local, "%s: %s", cases[i].path, address.local);
		cr_expect_str_eq(address.domain, cases[i].domain, "%s: %s", cases[i].path, address.domain);
		if (cases[i].written == NULL)
			continue;
		cr_expect_eq(address.len, strlen(cases[i].written), "%s", cases[i].path);
		cr_expect_arr_eq(cases[i].path + address.at, cases[i].written, address.len, "%s", cases[i].path);
	}
}

Test(address, path_cut_short_does_not_parse)
{
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t len = 0; len < strlen(cases[i].path); len++) {
			struct address address;
			size_t used;
			enum address_error error = parse(&address, cases[i].path, len, &used, cases[i].allowed);
			cr_expect_eq(error, ADDRESS_SYNTAX, "%.*s", (int)len, cases[i].path);
		}
}

Test(address, octets_after_the_path_are_not_consumed)
{
	static const char text[] = "<a@b> SIZE=1 <c@d>";
	struct address address;
	size_t used;
	cr_expect_eq(parse(&address, text, strlen(text), &used, 0), ADDRESS_OK);
	cr_expect_eq(used, 5);
}

Test(address, address_with_a_nul_is_rejected)
{
	static const char *const paths[] = { "<a?b@c>", "<\"a?\"@c>", "<a@b?c>", "<a@[192.0.2.1?]>", "<\"\\?\"@c>" };
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		struct address address;
		char path[32];
		size_t used, len = strlen(paths[i]);
		memcpy(path, paths[i], len);
		*(char *)memchr(path, '?', len) = '\0';
		cr_expect_eq(parse(&address, path, len, &used, UTF8), ADDRESS_SYNTAX, "%s", paths[i]);
	}
}

Test(address, source_route_is_reported)
{
	struct address address;
	size_t used;
	parse(&address, "<@a:b@c>", 8, &used, 0);
	cr_expect(address.routed);
	parse(&address, "<b@c>", 5, &used, 0);
	cr_expect_not(address.routed);
	parse(&address, "<>", 2, &used, NULL_PATH);
	cr_expect(address.null);
}

/* A path of a local part and a domain of so many octets. */
static enum address_error
parse_lengths(size_t local, size_t labels)
{
	struct address address;
	char path[2048];
	size_t used, len = 0;
	path[len++] = '<';
	for (size_t i = 0; i < local; i++)
		path[len++] = 'l';
	path[len++] = '@';
	for (size_t i = 0; i < labels; i++)
		path[len++] = i % 64 == 63 ? '.' : 'd';
	path[len++] = '>';
	return parse(&address, path, len, &used, 0);
}

Test(address, parts_have_limits)
{
	cr_expect_eq(parse_lengths(64, 255), ADDRESS_OK);
	cr_expect_eq(parse_lengths(65, 255), ADDRESS_TOO_LONG);
	cr_expect_eq(parse_lengths(64, 257), ADDRESS_TOO_LONG);
	cr_expect_eq(parse_lengths(1000, 900), ADDRESS_TOO_LONG);
	cr_expect_eq(parse_lengths(1, 63), ADDRESS_OK);
}

Test(address, label_has_a_limit)
{
	char path[80] = "<a@";
	struct address address;
	size_t used;
	memset(path + 3, 'd', 64);
	path[67] = '>';
	cr_expect_eq(parse(&address, path, 68, &used, 0), ADDRESS_SYNTAX);
	path[66] = '>';
	cr_expect_eq(parse(&address, path, 67, &used, 0), ADDRESS_OK);
}

Test(address, domain_of_a_greeting_is_judged_alike)
{
	cr_expect(address_domain_valid("mx.example.test", 15, false));
	cr_expect(address_domain_valid("[192.0.2.1]", 11, false));
	cr_expect(address_domain_valid("m\xC3\xBC.test", 8, true));
	cr_expect_not(address_domain_valid("m\xC3\xBC.test", 8, false));
	cr_expect_not(address_domain_valid("", 0, false));
	cr_expect_not(address_domain_valid("a b", 3, false));
	cr_expect_not(address_domain_valid("a.", 2, false));
	cr_expect_not(address_domain_valid("[192.0.2.1", 10, false));
}

static const char *
key(const char *local)
{
	static char text[ADDRESS_LOCAL_MAX + 1];
	cr_assert(address_key(text, local));
	return text;
}

Test(address, spellings_of_a_local_part_have_one_key)
{
	cr_expect_str_eq(key("Alice"), "alice");
	cr_expect_str_eq(key("J\xC3\x96RG"), "j\xC3\xB6rg");
	cr_expect_str_eq(key("JO\xCC\x88rg"), "j\xC3\xB6rg");
	cr_expect_str_eq(key("\xCE\xA3\xCE\xA9\xCE\xA3"), key("\xCF\x83\xCF\x89\xCF\x82"));
	cr_expect_str_eq(key("Stra\xC3\x9F\x65"), "strasse");
	cr_expect_str_eq(key(""), "");
}

Test(address, what_is_no_local_part_has_no_key)
{
	char longest[3 * ADDRESS_LOCAL_MAX] = "";
	cr_expect_str_eq(key("a\xFF"), "");
	cr_expect_str_eq(key("a\xC3"), "");
	cr_expect_str_eq(key("\xED\xA0\x80"), "");
	while (strlen(longest) < ADDRESS_LOCAL_MAX)
		strcat(longest, "\xC5\x89"); /* U+0149: three octets when folded */
	cr_expect_str_eq(key(longest), "");
	memset(longest, 'a', ADDRESS_LOCAL_MAX + 1);
	cr_expect_str_eq(key(longest), "");
}

Test(address, local_part_is_stored_in_nfc)
{
	char local[ADDRESS_LOCAL_MAX + 1] = "Jo\xCC\x88rg", bad[ADDRESS_LOCAL_MAX + 1] = "a\xFF";
	cr_assert(address_normalise(local));
	cr_expect_str_eq(local, "J\xC3\xB6rg");
	cr_expect_not(address_normalise(bad));
	cr_expect_eq(errno, EILSEQ);
}

Test(address, user_names_are_the_same_in_any_spelling)
{
	static const char *const same[][2] = {
		{ "anna@m\xC3\xBCnchen.test", "ANNA@xn--mnchen-3ya.test" },
		{ "j\xC3\xB6rg", "J\xC3\x96RG" },
		{ "\xFF", "\xFF" },
	};
	static const char *const others[][2] = {
		{ "anna@m\xC3\xBCnchen.test", "anna@munchen.test" },
		{ "anna", "anna@x" },
		{ "a\xFF", "b\xFF" },
		{ "", "@" },
	};
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		cr_expect(address_same(same[i][0], same[i][1]), "%zu", i);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		cr_expect_not(address_same(others[i][0], others[i][1]), "%zu", i);
}

Test(address, domain_of_the_configuration_becomes_an_a_label)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	static const char *const bad[] = { "", "[192.0.2.1]", "a..b", "xn--99999999999", "\xFF.test", "a b" };
	cr_expect(address_parse_domain(name, "M\xC3\xBCnchen.Test", strlen("M\xC3\xBCnchen.Test")));
	cr_expect_str_eq(name, "xn--mnchen-3ya.test");
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_not(address_parse_domain(name, bad[i], strlen(bad[i])), "%s", bad[i]);
}

Test(address, ascii_costs_no_allocation)
{
	static const char path[] = "<Alice.B@Mail.EXAMPLE.test>";
	char key_of_alice[ADDRESS_LOCAL_MAX + 1];
	struct address address;
	size_t used;
	cr_expect_eq(parse(&address, path, strlen(path), &used, UTF8), ADDRESS_OK);
	cr_expect(address_key(key_of_alice, address.local));
	cr_expect(address_split(&address, "Alice@EXAMPLE.test"));
	cr_expect_eq(calls, 0);
	cr_expect(address_split(&address, "Alice@xn--mnchen-3ya.test"));
	cr_expect_eq(calls, 1);
}

Test(address, shortage_of_memory_is_no_fault_of_the_address)
{
	static const char path[] = "<a@m\xC3\xBCnchen.test>", ascii[] = "<a@xn--mnchen-3ya.test>";
	char text[ADDRESS_LOCAL_MAX + 1];
	struct address address;
	size_t used;
	memory_is_out = true;
	cr_expect_eq(parse(&address, path, strlen(path), &used, UTF8), ADDRESS_NO_MEMORY);
	cr_expect_eq(parse(&address, ascii, strlen(ascii), &used, 0), ADDRESS_NO_MEMORY);
	cr_expect_not(address_key(text, "\xC3\xA4"));
	cr_expect_not(address_split(&address, "a@xn--mnchen-3ya.test"));
	cr_expect_eq(errno, ENOMEM);
	cr_expect_not(address_same("\xC3\xA4", "\xC3\x84"));
}
