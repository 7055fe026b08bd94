/* The domains of authors (RFC 5322 sections 3.4 and 4.4), as programs that read them may find them. */
#include "message/author_domains.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* Whatever the pieces are. The domains stand with spaces between, and "?" behind them is unclear. */
static void
expect(const char *value, const char *domains)
{
	size_t len = strlen(value);

	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct author_domains authors = { 0 };
		char text[AUTHOR_DOMAINS_MAX * (ADDRESS_DOMAIN_MAX + 2) + 2] = "";
		for (size_t at = 0; at < len; at += piece)
			author_domains_read(&authors, value + at, len - at < piece ? len - at : piece, false);
		author_domains_read(&authors, "", 0, true);
		for (size_t i = 0; i < authors.count; i++)
			snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i > 0 ? " " : "",
			    authors.names[i]);
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s", authors.unclear ? "?" : "");
		cr_expect_str_eq(text, domains, "'%s' in pieces of %zu: '%s'", value, piece, text);
	}
}

Test(author_domains, each_address_has_one)
{
	expect("a@example.test", "example.test");
	expect("Anna <a@Example.TEST>", "example.test");
	expect("\"Anna, b@c.test\" <a@example.test>", "example.test");
	expect("a@one.test, B <b@two.test>,c@one.test", "one.test two.test");
	expect("us: a@one.test, b@two.test;", "one.test two.test");
	expect("<@route.test,@way.test:a@example.test>", "route.test way.test example.test");
	expect("a@one.test <b@two.test>", "one.test two.test");
	expect("\"a@b\"@example.test", "example.test");
}

Test(author_domains, comments_and_white_space_around_dots_are_left_out)
{
	expect("a@example(x).test", "example.test");
	expect("a@ ((x)y) example . (z) test (w@v.test)", "example.test");
	expect("a@example.test. <b@two.test.>", "example.test two.test");
	expect("a@example test", "example");
}

Test(author_domains, domain_beyond_ascii_is_in_the_form_of_records)
{
	expect("a@B\303\274cher.example", "xn--bcher-kva.example");
	expect("a@b\374cher.example", "?");
}

Test(author_domains, value_without_an_address_has_none)
{
	expect("", "");
	expect("Mail System <MAILER-DAEMON>", "");
	expect("undisclosed:;", "");
	expect("=x=y?", "");
}

Test(author_domains, what_programs_may_read_as_an_address_is_unclear)
{
	expect("\"ceo@example.test\"", "?");
	expect("(ceo@example.test)", "?");
	expect("=?utf-8?q?ceo=40example.test?=", "?");
	expect("\"x <ceo@example.test>", "?");
	expect("x (<ceo@example.test>", "?");
	expect("a@", "?");
	expect("a@..", "?");
	expect("a@-.test <b@two.test>", "two.test?");
	expect("a@\"example.test\"", "?");
	expect("a@[192.0.2.1]", "?");
	expect("a\\@b@example.test", "b example.test?");
	expect("a\x01@example.test", "example.test?");
	expect("x) a@example.test", "example.test?");
	expect("a@1.x,a@2.x,a@3.x,a@4.x", "1.x 2.x 3.x 4.x");
	expect("a@1.x,a@2.x,a@3.x,a@4.x,a@5.x", "1.x 2.x 3.x 4.x?");
}

Test(author_domains, domain_that_is_too_long_is_unclear)
{
	char value[600] = "a@";

	for (int i = 0; i < 100; i++)
		strcat(value, "abc.");
	strcat(value, "example.test");
	expect(value, "?");
}

Test(author_domains, fields_add_up)
{
	struct author_domains authors = { 0 };

	author_domains_read(&authors, "a@one.test", 10, true);
	author_domains_read(&authors, "\"b@two.test\"", 12, true);
	cr_expect_eq(authors.count, 1);
	cr_expect(authors.unclear);
}
