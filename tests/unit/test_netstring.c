/* Netstrings. */
#include "base/text/netstring.h"

#include <criterion/criterion.h>
#include <string.h>

static ssize_t
read_all(const char *octets, size_t max)
{
	const char *text;
	size_t len;
	return netstring_read(octets, strlen(octets), max, &text, &len);
}

Test(netstring, is_read_once_all_of_it_has_come)
{
	const char *text, *whole = "10:OK secure ,rest";
	size_t len;
	for (size_t count = 0; count < 14; count++)
		cr_expect_eq(netstring_read(whole, count, 4096, &text, &len), 0, "%zu", count);
	cr_expect_eq(netstring_read(whole, 18, 4096, &text, &len), 14);
	cr_expect_eq(len, 10);
	cr_expect_arr_eq(text, "OK secure ", 10);
}

Test(netstring, can_be_empty)
{
	cr_expect_eq(read_all("0:,", 4096), 3);
	cr_expect_eq(read_all("0:,", 0), 3);
}

Test(netstring, malformed_is_found_at_the_first_wrong_octet)
{
	static const char *const wrong[] = { ":,", "x", "-1:a,", "+1:a,", "1:ab", "99999:", "4097:", "4097", "1 :a,",
		"12345", "01:a,", "00:,", ",", "\n", "1::a" };
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		cr_expect_eq(read_all(wrong[i], 4096), -1, "%s", wrong[i]);
}

Test(netstring, limit_is_of_the_text)
{
	cr_expect_eq(read_all("3:abc,", 3), 6);
	cr_expect_eq(read_all("3:abc,", 2), -1);
	cr_expect_eq(read_all("99999:", NETSTRING_MAX), 0);
	cr_expect_eq(read_all("100000", NETSTRING_MAX), -1);
}

Test(netstring, text_may_hold_any_octet)
{
	const char *text;
	size_t len;
	cr_expect_eq(netstring_read("3:\0,:,", 6, 4096, &text, &len), 6);
	cr_expect_arr_eq(text, "\0,:", 3);
}

Test(netstring, head_of_each_length_is_read_back)
{
	char octets[NETSTRING_MAX + NETSTRING_FRAME], head[NETSTRING_HEAD_SIZE];
	const size_t lengths[] = { 0, 1, 9, 10, 4096, NETSTRING_MAX };
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		const char *text;
		size_t len, used = netstring_head(head, lengths[i]);
		memcpy(octets, head, used);
		memset(octets + used, 'x', lengths[i]);
		octets[used + lengths[i]] = ',';
		cr_expect_eq(netstring_read(octets, used + lengths[i] + 1, NETSTRING_MAX, &text, &len),
		    (ssize_t)(used + lengths[i] + 1));
		cr_expect_eq(len, lengths[i]);
	}
}
