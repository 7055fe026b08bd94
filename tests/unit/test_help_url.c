/* The URL of the pages about replies. */
#include "base/text/help_url.h"

#include <criterion/criterion.h>

static bool
is_sound(const char *url)
{
	char why[200] = "";
	bool sound = help_url_check(url, why, sizeof why);
	cr_expect_eq(sound, why[0] == '\0', "%s: %s", url, why);
	return sound;
}

Test(help_url, url_of_the_web_is_sound)
{
	static const char *const urls[] = { "https://mail.example.org/replies/{lang}.html#{ref}",
		"http://example.org/r#", "HTTPS://[2001:db8::1]:8080/r?l={lang}&r={ref}",
		"https://{lang}.example.org/~r/%C3%BC(1)", "https://x" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		cr_expect(is_sound(urls[i]), "%s", urls[i]);
}

Test(help_url, what_is_no_link_is_not_sound)
{
	static const char *const urls[] = { "", "mail.example.org/replies", "javascript:alert(1)", "https://",
		"https:///r", "ftp://example.org/", "https:/x", "https://x/a b{ref}", "https://x/\t",
		"https://x/\r\nEvil", "https://x/\x7f", "https://x/\"{ref}", "https://x/'{ref}", "https://x/<b>",
		"https://x/{language}", "https://x/{ref", "https://x/}", "https://x/\\", "https://b\xc3\xbc.example/",
		" https://x/" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++)
		cr_expect_not(is_sound(urls[i]), "%s", urls[i]);
}

Test(help_url, reference_is_named_or_appended_behind_a_delimiter)
{
	cr_expect_null(help_url_doubt("https://x/{lang}.html#{ref}"));
	cr_expect_null(help_url_doubt("https://x/{ref}"));
	cr_expect_null(help_url_doubt("https://x/#"));
	cr_expect_null(help_url_doubt("https://x/?ref="));
	cr_expect_not_null(help_url_doubt("https://x/{lang}/"));
	cr_expect_not_null(help_url_doubt("https://x/replies"));
}
