/* What goes before a greeting. */
#include "net/preamble.h"

#include <criterion/criterion.h>
#include <string.h>

static const char header[] = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0C\xC0\0\2\7\xC0\0\2\1\x9C\x40\0\x19";

Test(preamble, header_in_pieces_names_the_client_and_leaves_what_follows)
{
	struct preamble preamble;
	size_t used;
	cr_assert_eq(preamble_expect_proxy(&preamble), 0);
	for (size_t i = 0; i < sizeof header - 2; i++) {
		cr_expect_eq(preamble_read(&preamble, header + i, 1, &used), PREAMBLE_MORE);
		cr_expect_eq(used, 1);
	}
	cr_expect_eq(preamble_read(&preamble, "\x19QUIT\r\n", 7, &used), PREAMBLE_CLIENT);
	cr_expect_eq(used, 1);
	cr_expect_str_eq(preamble.proxy->client.address, "192.0.2.7");
	preamble_set(&preamble, PREAMBLE_DONE);
	cr_expect_null(preamble.proxy);
}

Test(preamble, rubbish_in_place_of_a_header_is_bad)
{
	struct preamble preamble;
	size_t used;
	cr_assert_eq(preamble_expect_proxy(&preamble), 0);
	cr_expect_eq(preamble_read(&preamble, "EHLO x\r\n", 8, &used), PREAMBLE_BAD);
	preamble_set(&preamble, PREAMBLE_DONE);
}

Test(preamble, octets_before_the_greeting_are_early_and_belong_to_the_session)
{
	struct preamble preamble = { 0 };
	size_t used;
	preamble_set(&preamble, PREAMBLE_UNGREETED);
	cr_expect_eq(preamble_read(&preamble, "", 0, &used), PREAMBLE_MORE);
	cr_expect_eq(preamble_read(&preamble, "EHLO x\r\n", 8, &used), PREAMBLE_EARLY);
	cr_expect_eq(used, 0);
}
