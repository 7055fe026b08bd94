/* Patterns with * and ?. */
#include "base/text/glob.h"

#include <criterion/criterion.h>
#include <string.h>

static bool
matches(const char *pattern, const char *text)
{
	return glob_match(pattern, strlen(pattern), text, strlen(text));
}

Test(glob, matches_the_whole_text)
{
	cr_expect(matches("", ""));
	cr_expect(matches("abc", "abc"));
	cr_expect_not(matches("abc", "abcd"));
	cr_expect_not(matches("abc", "ab"));
	cr_expect_not(matches("", "a"));
}

Test(glob, star_matches_any_octets_and_question_mark_one)
{
	cr_expect(matches("*", ""));
	cr_expect(matches("*.exe", ".exe"));
	cr_expect(matches("*.exe", "a.exe.exe"));
	cr_expect_not(matches("*.exe", "a.exe.txt"));
	cr_expect(matches("a*b*c", "axbxbxc"));
	cr_expect_not(matches("a*b*c", "acb"));
	cr_expect(matches("**a**", "a"));
	cr_expect(matches("?a?", "bab"));
	cr_expect_not(matches("?", ""));
	cr_expect_not(matches("*?", ""));
	cr_expect(matches("*?", "a"));
}

Test(glob, knows_no_case_in_ascii)
{
	cr_expect(matches("*.EXE", "a.exe"));
	cr_expect(matches("*.exe", "A.EXE"));
	cr_expect_not(matches("[", "{"));
	cr_expect_not(matches("\xC3\xA4", "\xC3\x84"));
}

Test(glob, many_stars_take_bounded_time)
{
	char pattern[401], text[20001];
	for (int i = 0; i < 200; i++)
		memcpy(pattern + 2L * i, "*a", 2);
	pattern[399] = 'b';
	pattern[400] = '\0';
	memset(text, 'a', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	cr_expect_not(matches(pattern, text));
}
