/* Networks in CIDR notation. */
#include "base/address/network.h"

#include <criterion/criterion.h>

static const char *
again(const char *text)
{
	static char written[NETWORK_TEXT_SIZE];
	struct network network;
	if (!network_parse(&network, text))
		return "none";
	network_write(written, &network);
	return written;
}

Test(network, is_written_as_it_is_read)
{
	static const char *const good[] = { "192.0.2.0/24", "192.0.2.1", "0.0.0.0/0", "10.0.0.0/8", "192.0.2.128/25",
		"2001:db8::/32", "2001:db8::1", "::/0", "fe80::/10", "::1" };
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_expect_str_eq(again(good[i]), good[i]);
	cr_expect_str_eq(again("192.0.2.1/32"), "192.0.2.1");
	cr_expect_str_eq(again("2001:DB8:0::1/128"), "2001:db8::1");
	cr_expect_str_eq(again("::ffff:192.0.2.1"), "192.0.2.1");
}

Test(network, malformed_networks_are_refused)
{
	static const char *const bad[] = { "", "/", "/8", "192.0.2.0/", "192.0.2.0/33", "192.0.2.1/24", "192.0.2/24",
		"192.0.2.0/-1", "192.0.2.0/0x8", "192.0.2.0/24/24", "192.0.2.0 /24", "2001:db8::1/32", "::/129",
		"::/1000", "example.org", "1.2.3.4.5", "2001:db8:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000" };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		cr_expect_str_eq(again(bad[i]), "none", "%s", bad[i]);
}

Test(network, address_may_name_an_interface)
{
	struct network network;
	char text[NETWORK_TEXT_SIZE];
	cr_assert(network_parse_address(&network, "fe80::1%eth0"));
	network_write(text, &network);
	cr_expect_str_eq(text, "fe80::1");
	cr_expect_not(network_parse_address(&network, "192.0.2.0/24"));
}

Test(network, is_widened_bit_by_bit)
{
	struct network network;
	char text[NETWORK_TEXT_SIZE];
	cr_assert(network_parse(&network, "255.255.255.255"));
	network_widen(&network, NETWORK_IPV4_BITS + 23);
	network_write(text, &network);
	cr_expect_str_eq(text, "255.255.254.0/23");
	network_widen(&network, NETWORK_IPV4_BITS);
	network_write(text, &network);
	cr_expect_str_eq(text, "0.0.0.0/0");
	network_widen(&network, 0);
	network_write(text, &network);
	cr_expect_str_eq(text, "::/0");
}
