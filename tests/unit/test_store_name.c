/* The names of mailbox stores: what they mean, and what is none. */
#include "port/store_name.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void
expect_server(const char *name, const char *host, unsigned port)
{
	struct channel_address address = { .port = 0 };
	cr_expect_eq(store_name_parse(name, &address), STORE_LMTP, "%s", name);
	cr_expect_str_eq(address.host, host);
	cr_expect_eq(address.port, port, "%s", name);
}

Test(store_name, is_that_of_a_server_by_address_or_path)
{
	expect_server("lmtp:192.0.2.1", "192.0.2.1", 24);
	expect_server("lmtp:192.0.2.1:2424", "192.0.2.1", 2424);
	expect_server("lmtp:[2001:DB8::1]", "2001:db8::1", 24);
	expect_server("lmtp:[2001:db8::1]:65535", "2001:db8::1", 65535);
	expect_server("lmtp:/run/dovecot/lmtp", "/run/dovecot/lmtp", 24);
}

Test(store_name, is_of_this_server_or_left_to_the_configuration)
{
	struct channel_address address = { .port = 7 };
	cr_expect_eq(store_name_parse("", &address), STORE_CONFIGURED);
	cr_expect_eq(store_name_parse("maildir", &address), STORE_MAILDIR);
	cr_expect_eq(address.port, 7);
}

Test(store_name, other_words_are_unfit)
{
	static const char *const names[] = { "Maildir", "maildir ", "lmtp", "lmtp:", "lmtp:/", "lmtp:localhost",
		"lmtp:mail.example.net:24", "lmtp:192.0.2.1:", "lmtp:192.0.2.1:0", "lmtp:192.0.2.1:65536",
		"lmtp:192.0.2.1:24x", "lmtp:2001:db8::1", "lmtp:[192.0.2.1]", "lmtp:[2001:db8::1",
		"lmtp:[2001:db8::1]24", "lmtp:192.0.2.1/24", "lmtp:relative/path", "lmtp:/run/\x01", "smtp:192.0.2.1",
		"lmtp: 192.0.2.1", "lmtp:[::1]:+24" };
	struct channel_address address = { .port = 7 };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_eq(store_name_parse(names[i], &address), STORE_UNFIT, "%s", names[i]);
	cr_expect_eq(address.port, 7);
}

/* The longest path that a socket can have fits into a name, and a longer one is none. */
Test(store_name, has_room_for_every_path)
{
	char name[2 * STORE_NAME_SIZE] = "lmtp:/";
	struct channel_address address;
	memset(name + 6, 'x', CHANNEL_HOST_SIZE - 2);
	name[5 + CHANNEL_HOST_SIZE - 1] = '\0';
	cr_expect_eq(store_name_parse(name, &address), STORE_LMTP);
	cr_expect_lt(strlen(name), (size_t)STORE_NAME_SIZE);
	name[5 + CHANNEL_HOST_SIZE - 1] = 'x';
	cr_expect_eq(store_name_parse(name, &address), STORE_UNFIT);
}
