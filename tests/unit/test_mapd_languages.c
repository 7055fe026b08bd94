/* The languages of domains. */
#include "mapd/languages.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct languages *languages;
static char error[LANGUAGES_ERROR_SIZE];

static void
set_up(void)
{
	languages = languages_new();
	cr_assert_not_null(languages);
}

static void
tear_down(void)
{
	languages_free(languages);
}

TestSuite(languages, .init = set_up, .fini = tear_down);

Test(languages, of_each_of_many_domains_are_found)
{
	char domain[32], language[16];
	for (int i = 0; i < 5000; i++) {
		snprintf(domain, sizeof domain, "d%d.example", i * 7919 % 5000);
		snprintf(language, sizeof language, "x%d", i * 7919 % 5000);
		cr_assert_eq(languages_add(languages, domain, language), 0);
	}
	languages_complete(languages);
	for (int i = 0; i < 5000; i++) {
		snprintf(domain, sizeof domain, "d%d.example", i);
		snprintf(language, sizeof language, "x%d", i);
		cr_assert_str_eq(languages_find(languages, domain), language);
	}
	cr_expect_null(languages_find(languages, "d5000.example"));
	cr_expect_null(languages_find(languages, ""));
	cr_expect_null(languages_find(languages, "zzz"));
	cr_expect_eq(languages_count(languages), 5000);
}

Test(languages, empty_table_has_none)
{
	languages_complete(languages);
	cr_expect_null(languages_find(languages, "example.org"));
}

Test(languages, first_one_of_a_domain_counts)
{
	languages_add(languages, "b.example", "de");
	languages_add(languages, "a.example", "fr");
	languages_add(languages, "b.example", "pl");
	languages_complete(languages);
	cr_expect_str_eq(languages_find(languages, "b.example"), "de");
}

Test(languages, line_has_a_domain_and_a_language)
{
	static const char *const lines[] = { "Example.ORG de",
		"\tb\xC3\xBC"
		"cher.example\t pt-BR \r",
		"c.example C", "", "  ", "# a.example xx", "#" };
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_eq(languages_add_line(languages, lines[i], error), 0, "%s: %s", lines[i], error);
	languages_complete(languages);
	cr_expect_eq(languages_count(languages), 3);
	cr_expect_str_eq(languages_find(languages, "example.org"), "de");
	cr_expect_str_eq(languages_find(languages, "xn--bcher-kva.example"), "pt-BR");
	cr_expect_str_eq(languages_find(languages, "c.example"), "C");
}

Test(languages, faulty_line_is_reported_with_its_value)
{
	static const struct {
		const char *line, *fault;
	} cases[] = {
		{ "exa_mple..org de", "'exa_mple..org' is not a domain" },
		{ "[192.0.2.1] de", "'[192.0.2.1]' is not a domain" },
		{ "example.org", "'' is not a language" },
		{ "example.org deutsch!", "'deutsch!' is not a language" },
		{ "example.org de fr", "'de fr' is not a language" },
		{ "example.org aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "is not a language" },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		errno = ENOMEM;
		cr_expect_eq(languages_add_line(languages, cases[i].line, error), -1, "%s", cases[i].line);
		cr_expect_eq(errno, EINVAL);
		cr_expect_not_null(strstr(error, cases[i].fault), "%s", error);
	}
	cr_expect_eq(languages_count(languages), 0);
}

Test(languages, tables_are_equal_if_the_same_was_added_in_the_same_order)
{
	struct languages *other = languages_new();
	cr_assert_not_null(other);
	cr_expect(languages_equal(languages, other), "both are empty");
	cr_assert_eq(languages_add(languages, "b.example", "de"), 0);
	cr_expect_not(languages_equal(languages, other));
	cr_assert_eq(languages_add(other, "b.example", "pl"), 0);
	cr_expect_not(languages_equal(languages, other));
	languages_free(other);
	other = languages_new();
	cr_assert_not_null(other);
	cr_assert_eq(languages_add(other, "b.example", "de"), 0);
	cr_assert_eq(languages_add(other, "a.example", "de"), 0);
	cr_assert_eq(languages_add(languages, "a.example", "de"), 0);
	languages_complete(other);
	cr_expect(languages_equal(languages, other), "only one of them is complete");
	languages_free(other);
}

Test(languages, name_that_is_longer_than_any_is_refused)
{
	char name[400];
	memset(name, 'a', sizeof name);
	name[sizeof name - 1] = '\0';
	cr_expect_eq(languages_add(languages, name, "de"), -1);
	cr_expect_eq(errno, E2BIG);
	cr_expect_eq(languages_add(languages, "a.example", name), -1);
	cr_expect_eq(languages_count(languages), 0);
}
