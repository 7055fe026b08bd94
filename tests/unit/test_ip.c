/* IP addresses as text. */
#include "base/address/ip.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <netinet/in.h>
#include <string.h>

/* An address as a dual-stack socket reports it, rewritten. */
static const char *
from_v6_socket(const char *address)
{
	static char text[IP_TEXT_SIZE];
	struct sockaddr_in6 socket = { .sin6_family = AF_INET6 };
	cr_assert_eq(inet_pton(AF_INET6, address, &socket.sin6_addr), 1);
	cr_assert(ip_write_socket(text, (const struct sockaddr *)&socket));
	return text;
}

Test(ip, ipv4_client_of_a_dual_stack_socket_has_its_ipv4_name)
{
	cr_expect_str_eq(from_v6_socket("::ffff:192.0.2.7"), "192.0.2.7");
	cr_expect_str_eq(from_v6_socket("::ffff:0.0.0.0"), "0.0.0.0");
	cr_expect_str_eq(from_v6_socket("::ffff:ffff:ffff"), "255.255.255.255");
}

Test(ip, ipv6_addresses_that_only_resemble_mapped_ones_are_kept)
{
	cr_expect_str_eq(from_v6_socket("::1"), "::1");
	cr_expect_str_eq(from_v6_socket("::"), "::");
	cr_expect_str_eq(from_v6_socket("64:ff9b::c000:207"), "64:ff9b::c000:207");
	cr_expect_str_eq(from_v6_socket("1::ffff:c000:207"), "1::ffff:c000:207");
	cr_expect_str_eq(from_v6_socket("::fffe:c000:207"), "::fffe:c000:207");
}

Test(ip, longest_address_fits)
{
	const char *longest = "1111:2222:3333:4444:5555:6666:7777:8888";
	cr_expect_str_eq(from_v6_socket(longest), longest);
}

Test(ip, ipv4_socket_and_other_families)
{
	char text[IP_TEXT_SIZE] = "kept";
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	const struct sockaddr local = { .sa_family = AF_UNIX };
	inet_pton(AF_INET, "192.0.2.7", &v4.sin_addr);
	cr_expect_not(ip_write_socket(text, &local));
	cr_expect_str_eq(text, "kept");
	cr_expect(ip_write_socket(text, (const struct sockaddr *)&v4));
	cr_expect_str_eq(text, "192.0.2.7");
}
