/* How many addresses a list holds (RFC 5322 sections 3.4 and 4.4). */
#include "message/address_list.h"

#include <criterion/criterion.h>
#include <limits.h>
#include <string.h>

static unsigned
count_in_pieces(const char *text, size_t piece)
{
	struct address_list list = { 0 };
	size_t len = strlen(text);
	for (size_t at = 0; at < len; at += piece)
		address_list_read(&list, text + at, len - at < piece ? len - at : piece, false);
	address_list_read(&list, "", 0, true);
	return list.count;
}

/* Whatever the pieces are. */
static void
expect(const char *text, unsigned count)
{
	for (size_t piece = 1; piece <= strlen(text) + 1; piece++)
		cr_expect_eq(count_in_pieces(text, piece), count, "'%s' in pieces of %zu: %u", text, piece,
		    count_in_pieces(text, piece));
}

Test(address_list, each_address_counts_once)
{
	expect("", 0);
	expect("   ", 0);
	expect("a@b", 1);
	expect("a@b,c@d", 2);
	expect("Anna <a@b>, c@d ,\t<e@f>", 3);
	expect("a b c <d@e>", 1);
}

Test(address_list, empty_elements_are_not_addresses)
{
	expect(",", 0);
	expect(",,a@b,, ,c@d,", 2);
}

Test(address_list, comma_that_is_quoted_separates_nothing)
{
	expect("\"Meier, Anna\" <a@b>, \"x\\\", y\" <c@d>", 2);
	expect("\"a,b\"@c", 1);
	expect("<\"a>,b\"@c>, d@e", 2);
	expect("a@[1,2], b@[3\\],4]", 2);
}

Test(address_list, comments_are_not_addresses)
{
	expect("(a, b)", 0);
	expect("(a, (b, c), d) e@f (g, h), (i), j@k", 2);
	expect("a@b (\\), c), d@e (\\(, f)", 2);
	expect("a@b (\", c), d@e (\")", 2);
	expect("<a@b(,)>, c@d", 2);
}

Test(address_list, group_counts_by_its_members)
{
	expect("undisclosed-recipients:;", 0);
	expect("A Group:Ed <j@t>,joe@where,John <jdoe@one>;", 3);
	expect("\"a:b, c\" : d@e, f@g; , h@i", 3);
	expect("x@y, empty:;, z@w", 2);
	expect("a:b@c; d:e@f;", 2);
}

Test(address_list, route_is_a_part_of_its_address)
{
	expect("<@a,@b:c@d>, e@f", 2);
}

Test(address_list, semicolons_separate_too)
{
	expect("a@b; c@d", 2);
}

Test(address_list, unclosed_quotes_and_comments_hide_no_address)
{
	expect("\"a, b@c, d@e", 3);
	expect("(a, b@c, (d@e), f@g", 3);
	expect("x@y <a, b@c, \"d, e\", f", 5);
	expect("[a, b@c", 2);
	expect("\"a\" <b@c>, \"d, e\\", 3);
}

Test(address_list, fields_add_up_and_begin_anew)
{
	struct address_list list = { 0 };
	address_list_read(&list, "\"a, b", 5, true);
	cr_expect_eq(list.count, 2);
	address_list_read(&list, "c@d, e@f", 8, true);
	cr_expect_eq(list.count, 4);
}

Test(address_list, count_saturates)
{
	struct address_list list = { .count = UINT_MAX - 1 };
	address_list_read(&list, "a,b,c,\"d,e", 10, true);
	cr_expect_eq(list.count, UINT_MAX);
}
