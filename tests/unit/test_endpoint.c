/* Where servers listen, as text. */
#include "config/endpoint.h"

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <string.h>

static struct endpoint endpoint;

Test(endpoint, an_address_has_a_port)
{
	cr_expect(endpoint_parse(&endpoint, "192.0.2.1:783"));
	cr_expect_eq(endpoint.address.v4.sin_family, AF_INET);
	cr_expect_eq(ntohs(endpoint.address.v4.sin_port), 783);
	cr_expect_eq(ntohl(endpoint.address.v4.sin_addr.s_addr), 0xC0000201);
	cr_expect_eq(endpoint.len, sizeof endpoint.address.v4);
	cr_expect(endpoint_parse(&endpoint, "[2001:db8::1]:65535"));
	cr_expect_eq(endpoint.address.v6.sin6_family, AF_INET6);
	cr_expect_eq(ntohs(endpoint.address.v6.sin6_port), 65535);
	cr_expect_eq(endpoint.len, sizeof endpoint.address.v6);
}

Test(endpoint, a_path_is_absolute_and_fits)
{
	char path[110];
	cr_expect(endpoint_parse(&endpoint, "/run/clamav/clamd.ctl"));
	cr_expect_eq(endpoint.address.local.sun_family, AF_UNIX);
	cr_expect_str_eq(endpoint.address.local.sun_path, "/run/clamav/clamd.ctl");
	memset(path, '/', sizeof path);
	path[107] = '\0';
	cr_expect(endpoint_parse(&endpoint, path));
	path[107] = '/';
	path[108] = '\0';
	cr_expect_not(endpoint_parse(&endpoint, path));
	cr_expect_not(endpoint_parse(&endpoint, "run/clamd.ctl"));
}

Test(endpoint, malformed_endpoints_are_refused)
{
	static const char *const none[] = { "", ":", ":1", "localhost:783", "192.0.2.1", "192.0.2.1:", "192.0.2.1:x",
		"192.0.2.1:65536", "192.0.2.1:-1", "192.0.2.1:0000080", "2001:db8::1:783", "[2001:db8::1]", "[]:783",
		"[192.0.2.1]:783", "inet:127.0.0.1:783" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		cr_expect_not(endpoint_parse(&endpoint, none[i]), "%s", none[i]);
}
