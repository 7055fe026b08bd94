/* Keys that name a reply of the catalogue. */
#include "mapd/row_key.h"

#include <criterion/criterion.h>
#include <string.h>

static struct postfix_reply reply;

static bool
parse(const char *key)
{
	return row_key_parse(&reply, key, strlen(key));
}

static bool
is(struct postfix_slice slice, const char *expected)
{
	return slice.len == strlen(expected) && memcmp(slice.text, expected, slice.len) == 0;
}

static bool
argument_is(int number, const char *expected)
{
	const struct ftg_arg *arg = &reply.reply.arg[number];
	return is((struct postfix_slice) { arg->text, arg->len }, expected);
}

Test(row_key, reference_or_id_names_the_reply)
{
	static const char *const keys[] = { "4.28\na@b.example", "#4.28\na@b.example",
		"ERR_SMTP_ADDRESS_UNKNOWN\na@b.example", "err_smtp_address_unknown\na@b.example" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		cr_assert(parse(keys[i]), "%s", keys[i]);
		cr_expect_eq(reply.reply.id, ERR_SMTP_ADDRESS_UNKNOWN);
		cr_expect_eq(reply.match, POSTFIX_BY_TEXT);
		cr_expect(is(reply.recipient, "a@b.example"));
		cr_expect(is(reply.domain, "b.example"));
		cr_expect(argument_is(0, "a@b.example"));
	}
}

Test(row_key, arguments_follow_the_recipient)
{
	cr_assert(parse("4.44\n\"x@y\"@b.example\n192.0.2.1"));
	cr_expect(is(reply.domain, "b.example"));
	cr_expect(argument_is(0, "192.0.2.1"));
	cr_assert(parse("4.36\na@b.example\ns@c.example"));
	cr_expect(argument_is(0, "s@c.example"), "not the recipient");
	cr_assert(parse("4.65\na@b.example\na@b.example\nERR_SECPOL_RBL"));
	cr_expect_eq(reply.reply.arg[1].number, ERR_SECPOL_RBL);
	cr_assert(parse("4.66\n"));
	cr_expect_eq(reply.reply.id, ERR_SMTP_ACCESSDENIED2);
	cr_expect_eq(reply.domain.len, 0);
	cr_assert(parse("4.66\na@"));
	cr_expect_eq(reply.domain.len, 0);
	cr_assert(parse("4.39\na@b.example"));
}

Test(row_key, what_names_no_refusal_is_none)
{
	static const char *const keys[] = { "", "4.28", "\n", "4.280\na@b", "4.2\na@b", "04.28\na@b", "##4.28\na@b",
		"#\na@b", " 4.28\na@b", "4.28 \na@b", "3.02\na@b", "2.01\na@b", "ERR_SECPOL_RBL\na@b", "ERR_SMTP_OK\n",
		"ERR_POP3_LOCKED\n", "550 5.1.1 <a@b>: Relay access denied",
		"a_name_longer_than_any_id_that_the_catalogue_of_the_replies_will_ever_contain\na@b" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		memset(&reply, 1, sizeof reply);
		cr_expect_not(parse(keys[i]), "%s", keys[i]);
		cr_expect_eq(reply.match, POSTFIX_NO_ROW);
		cr_expect_eq(reply.domain.len, 0);
	}
	cr_expect_not(row_key_parse(&reply, "4.28\0\na@b", 9));
	cr_expect_not(row_key_parse(&reply, NULL, 0));
}

Test(row_key, arguments_must_be_those_of_the_reply)
{
	static const char *const keys[] = { "4.28\n", "4.28\na@b\n", "4.28\na@b\na@b\nx", "4.44\na@b", "4.44\na@b\n",
		"4.44\na@b\n192.0.2.1\n", "4.39\na@b\n", "4.65\na@b", "4.65\na@b\na@b", "4.65\na@b\na@b\n4.28",
		"4.65\na@b\na@b\nwhy", "4.65\na@b\na@b\n2.01\n" };
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		cr_expect_not(parse(keys[i]), "%s", keys[i]);
}
