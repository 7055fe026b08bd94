/* The header of the PROXY protocol, version 2. */
#include "net/proxy.h"

#include <criterion/criterion.h>
#include <string.h>

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define TCP4                                                                                                           \
	SIGNATURE "\x21\x11\x00\x0C"                                                                                   \
	          "\xC0\x00\x02\x07"                                                                                   \
	          "\xCB\x00\x71\x01"                                                                                   \
	          "\x9C\x40"                                                                                           \
	          "\x00\x19"
#define TCP6                                                                                                           \
	SIGNATURE "\x21\x21\x00\x24"                                                                                   \
	          "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x07"                                                         \
	          "\x20\x01\x0D\xB8\0\0\0\0\0\0\0\0\0\0\0\x01"                                                         \
	          "\x9C\x40"                                                                                           \
	          "\x00\x19"

/* Reads octets in pieces of this size. */
static enum proxy_result
feed(struct proxy *proxy, const char *bytes, size_t len, size_t piece, size_t *total)
{
	enum proxy_result result = PROXY_MORE;
	*proxy = (struct proxy) { 0 };
	*total = 0;
	while (result == PROXY_MORE && *total < len) {
		size_t used;
		result = proxy_read(proxy, bytes + *total, piece < len - *total ? piece : len - *total, &used);
		*total += used;
	}
	return result;
}

#define FEED(proxy, bytes, piece, total) feed(proxy, bytes, sizeof(bytes) - 1, piece, total)

Test(proxy, returns_both_addresses_of_tcp4_in_any_pieces)
{
	struct proxy proxy;
	size_t total;
	for (size_t piece = 1; piece < sizeof TCP4; piece++) {
		cr_assert_eq(FEED(&proxy, TCP4 "EHLO a\r\n", piece, &total), PROXY_DONE);
		cr_expect_eq(total, sizeof TCP4 - 1);
		cr_expect_not(proxy.local);
		cr_expect_str_eq(proxy.client.address, "192.0.2.7");
		cr_expect_eq(proxy.client.port, 40000);
		cr_expect_str_eq(proxy.server.address, "203.0.113.1");
		cr_expect_eq(proxy.server.port, 25);
	}
}

Test(proxy, returns_both_addresses_of_tcp6)
{
	struct proxy proxy;
	size_t total;
	cr_assert_eq(FEED(&proxy, TCP6, 7, &total), PROXY_DONE);
	cr_expect_str_eq(proxy.client.address, "2001:db8::7");
	cr_expect_eq(proxy.client.port, 40000);
	cr_expect_str_eq(proxy.server.address, "2001:db8::1");
}

Test(proxy, returns_mapped_addresses_as_ipv4)
{
	static const char header[] = SIGNATURE "\x21\x21\x00\x24"
	                                       "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC0\x00\x02\x07"
	                                       "\0\0\0\0\0\0\0\0\0\0\xFF\xFF\xC0\x00\x02\x01"
	                                       "\x9C\x40"
	                                       "\x00\x19";
	struct proxy proxy;
	size_t total;
	cr_assert_eq(FEED(&proxy, header, 100, &total), PROXY_DONE);
	cr_expect_str_eq(proxy.client.address, "192.0.2.7");
}

Test(proxy, skips_what_follows_the_addresses)
{
	char header[PROXY_HEADER_MAX + 3] = TCP4;
	struct proxy proxy;
	size_t total;
	header[14] = 0x02; /* 520 octets */
	header[15] = 0x08;
	for (size_t piece = 1; piece < sizeof header; piece += 13) {
		cr_expect_eq(feed(&proxy, header, sizeof header, piece, &total), PROXY_DONE);
		cr_expect_eq(total, PROXY_HEADER_MAX);
		cr_expect_str_eq(proxy.client.address, "192.0.2.7");
	}
}

Test(proxy, local_keeps_the_ends_of_the_connection)
{
	struct proxy proxy;
	size_t total;
	cr_expect_eq(FEED(&proxy,
	                 SIGNATURE "\x20\x00\x00\x00"
	                           "EHLO",
	                 20, &total),
	    PROXY_DONE);
	cr_expect(proxy.local);
	cr_expect_eq(total, 16);
	cr_expect_str_eq(proxy.client.address, "");
	cr_expect_eq(FEED(&proxy,
	                 SIGNATURE "\x20\x31\x00\x03"
	                           "abc",
	                 20, &total),
	    PROXY_DONE);
	cr_expect_eq(total, 19);
}

Test(proxy, malformed_header_is_refused_at_its_first_wrong_octet)
{
	static const struct {
		const char *bytes;
		size_t len, shows;
	} cases[] = {
		{ "EHLO a\r\n", 8, 1 },
		{ "PROXY TCP4 192.0.2.7 192.0.2.1 40000 25\r\n", 41, 1 },
		{ "\r\n\r\n\1", 5, 5 },
		{ SIGNATURE "\x11\x11\x00\x0C", 16, 13 }, /* version 1 */
		{ SIGNATURE "\x22\x11\x00\x0C", 16, 13 }, /* unknown command */
		{ SIGNATURE "\x21\x00\x00\x00", 16, 16 }, /* unspecified family */
		{ SIGNATURE "\x21\x12\x00\x0C", 16, 16 }, /* UDP */
		{ SIGNATURE "\x21\x31\x00\xD8", 16, 16 }, /* a Unix socket */
		{ SIGNATURE "\x21\x11\x00\x0B", 16, 16 }, /* shorter than its addresses */
		{ SIGNATURE "\x21\x21\x00\x23", 16, 16 }, /* the same */
		{ SIGNATURE "\x21\x11\x02\x09", 16, 16 }, /* too long */
		{ SIGNATURE "\x20\x00\xFF\xFF", 16, 16 },
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct proxy proxy;
		size_t total;
		cr_expect_eq(feed(&proxy, cases[i].bytes, cases[i].len, 1, &total), PROXY_BAD, "case %zu", i);
		cr_expect_eq(total, cases[i].shows, "case %zu: %zu", i, total);
		cr_expect_eq(feed(&proxy, cases[i].bytes, cases[i].len, 99, &total), PROXY_BAD, "case %zu", i);
	}
}

Test(proxy, a_header_cut_short_is_not_done)
{
	struct proxy proxy;
	size_t total;
	for (size_t len = 0; len < sizeof TCP6 - 1; len++)
		cr_expect_eq(feed(&proxy, TCP6, len, 99, &total), PROXY_MORE);
}
