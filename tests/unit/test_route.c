/* Routes: the file of them, and which one mail takes. */
#include "relay/client/route.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

static struct routes routes;
static char error[4 * ROUTE_ERROR_SIZE];

static void
write_file(const char *name, const char *text)
{
	FILE *file = fopen(name, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
	chmod(name, 0600);
}

static void
set_up(void)
{
	folder_make();
	write_file("secret", "anna\npass word\n");
}

static void
tear_down(void)
{
	routes_close(&routes);
	folder_remove();
}

TestSuite(route, .init = set_up, .fini = tear_down);

static void
note_fault(void *context, const char *file, unsigned line, const char *fault)
{
	size_t len = strlen(error);
	(void)context, (void)file, (void)line;
	snprintf(error + len, sizeof error - len, "%s%s", len > 0 ? "; " : "", fault);
}

static void
open_routes(const struct config *config)
{
	routes_close(&routes);
	error[0] = '\0';
	cr_expect_eq(routes_open(&routes, config, note_fault, NULL) < 0, error[0] != '\0');
}

/* What one route is found fault with for; "" for nothing. */
static const char *
fault_of(struct route_settings route)
{
	open_routes(&(struct config) { .routes = &route, .routes_count = 1 });
	return error;
}

Test(route, of_a_domain_goes_before_the_smarthost)
{
	struct route_settings list[] = {
		{ .domain = "B.example", .place = "lmtp:/run/lmtp", .verify = true },
		{ .domain = "a.example", .place = "[2001:db8::1]:2525", .tls = RELAY_TLS_NONE, .verify = true },
		{ .domain = "c.example",
		    .place = "mail.example",
		    .tls = RELAY_TLS_REQUIRED,
		    .authorities = "secret",
		    .credentials = "secret" },
	};
	const struct config config = {
		.routes = list, .routes_count = 3, .relay = { .smarthost = "Relay.example.net:587", .mx = true }
	};
	open_routes(&config);
	const struct route *route = route_find(&routes, "a.example");
	cr_expect_str_eq(route->host, "2001:db8::1");
	cr_expect_eq(route->port, 2525);
	cr_expect(route->manner.tls == TRANSPORT_TLS_NONE && !route->manner.unverified);
	route = route_find(&routes, "b.example");
	cr_expect_str_eq(route->host, "/run/lmtp");
	cr_expect_eq(route->manner.protocol, TRANSPORT_LMTP);
	route = route_find(&routes, "c.example");
	cr_expect_str_eq(route->host, "mail.example");
	cr_expect_eq(route->port, 25);
	cr_expect(route->manner.unverified && route->manner.tls == TRANSPORT_TLS_REQUIRED);
	cr_expect_str_eq(route->manner.user, "anna");
	cr_expect_str_eq(route->manner.password, "pass word");
	cr_expect_str_eq(route->manner.authorities, "secret");
	route = route_find(&routes, "d.example");
	cr_expect_str_eq(route->host, "relay.example.net");
	cr_expect_eq(route->port, 587);
	cr_expect(routes.mx);
}

Test(route, may_demand_dane)
{
	struct route_settings list[] = { { .domain = "a.example", .place = "mx", .tls = RELAY_TLS_DANE_ONLY },
		{ .domain = "b.example", .place = "lmtp:/run/lmtp", .tls = RELAY_TLS_DANE_ONLY } };
	open_routes(&(struct config) { .routes = list, .routes_count = 2, .relay = { .mx = true } });
	const struct route *route = route_find(&routes, "a.example");
	cr_expect(route->mx && route->manner.dane_only && route->manner.tls == TRANSPORT_TLS_STARTTLS);
	route = route_find(&routes, "b.example");
	cr_expect(!route->manner.dane_only && route->manner.tls == TRANSPORT_TLS_NONE);
}

#define WITH(dane)                                                                                                     \
	"dane-only sends nothing with dane: " dane                                                                     \
	" in relay: set that to yes if the name servers validate by DNSSEC, or tls to "                                \
	"required"

Test(route, that_demands_dane_is_none_without_it)
{
	struct route_settings list[] = { { .domain = "a.example", .place = "mx", .tls = RELAY_TLS_DANE_ONLY },
		{ .domain = "b.example", .place = "lmtp:/run/lmtp", .tls = RELAY_TLS_DANE_ONLY },
		{ .domain = "c.example", .place = "mx" } };
	struct config config = { .routes = list,
		.routes_count = 3,
		.relay = { .smarthost = "b.example:25", .tls = RELAY_TLS_DANE_ONLY, .dane = RELAY_DANE_YES } };
	open_routes(&config);
	cr_expect_str_eq(error, "");
	config.relay.dane = RELAY_DANE_NO;
	open_routes(&config);
	cr_expect_str_eq(error, "tls: " WITH("no") "; routes: a.example: tls: " WITH("no"));
	config.relay.dane = RELAY_DANE_AUTO;
	open_routes(&config);
	cr_expect_str_eq(error, "");
	cr_expect_eq(routes_without_dane(&config, note_fault, NULL), 2);
	cr_expect_str_eq(error, "tls: " WITH("auto") "; routes: a.example: tls: " WITH("auto"));
}

Test(route, is_none_without_configuration)
{
	open_routes(&(struct config) { 0 });
	cr_expect_null(route_find(&routes, "a.example"));
	cr_expect_not(routes.mx);
}

Test(route, fault_is_reported)
{
	cr_expect_str_eq(fault_of((struct route_settings) { .domain = "a.example", .place = "b.example" }), "");
	cr_expect_str_eq(fault_of((struct route_settings) { .domain = "a..example", .place = "b" }),
	    "routes: 'a..example' is not a domain");
	cr_expect_str_eq(fault_of((struct route_settings) { .domain = "a.example", .place = "/run/x" }),
	    "routes: a.example: to: '/run/x' is neither HOST:PORT nor lmtp:PLACE");
	struct route_settings twice[] = { { .domain = "a.example", .place = "b" },
		{ .domain = "A.example", .place = "c" } };
	open_routes(&(struct config) { .routes = twice, .routes_count = 2 });
	cr_expect_str_eq(error, "routes: there are two for a.example: leave one out");
	twice[0] = (struct route_settings) { .domain = "B\xC3\x9C"
		                                       "CHER.example",
		.place = "b" };
	twice[1] = (struct route_settings) { .domain = "xn--bcher-kva.example", .place = "c" };
	open_routes(&(struct config) { .routes = twice, .routes_count = 2 });
	cr_expect_str_eq(error, "routes: there are two for xn--bcher-kva.example: leave one out");
	open_routes(&(struct config) { .relay = { .smarthost = "a:b" } });
	cr_expect_str_eq(error, "smarthost: 'a:b' is neither HOST:PORT nor lmtp:PLACE");
	open_routes(&(struct config) { .relay = { .srs_domain = "srs..example" } });
	cr_expect_str_eq(error, "srs-domain: 'srs..example' is not a domain");
	open_routes(&(struct config) { .relay = { .srs_domain = "srs.example" } });
	cr_expect_str_eq(error, "");
}

Test(route, every_fault_is_reported)
{
	struct route_settings list[] = {
		{ .domain = "a..example", .place = "/run/x" },
		{ .domain = "b.example", .place = "b" },
		{ .domain = "B.example", .place = "c" },
	};
	open_routes(&(struct config) {
	    .routes = list, .routes_count = 3, .relay = { .smarthost = "a:b" }, .delivery = { .lmtp = "host:24" } });
	cr_expect_str_eq(error,
	    "smarthost: 'a:b' is neither HOST:PORT nor lmtp:PLACE; "
	    "delivery: lmtp: 'host:24' should be ADDRESS:PORT or the path of a socket; "
	    "routes: 'a..example' is not a domain; routes: a..example: to: '/run/x' is neither HOST:PORT nor lmtp:PLACE; "
	    "routes: there are two for b.example: leave one out");
}

Test(route, password_is_not_logged)
{
	struct route_settings route = { .domain = "a.example", .place = "b", .credentials = "secret" };
	cr_expect_str_eq(fault_of(route),
	    "routes: a.example: credentials: secret: a password is not sent where TLS may be missing: set tls to required or implicit, "
	    "or none");
	route.tls = RELAY_TLS_NONE;
	cr_expect_str_eq(fault_of(route), "");
	route.tls = RELAY_TLS_DANE_ONLY;
	cr_expect_str_eq(fault_of(route), "");
	chmod("secret", 0644);
	cr_expect_str_eq(
	    fault_of(route), "routes: a.example: credentials: secret: others may read it: chmod o= secret");
	write_file("secret", "anna\n");
	cr_expect_str_eq(fault_of(route),
	    "routes: a.example: credentials: secret: it should hold the user in its first line and the password in its second");
	unlink("secret");
	cr_expect_str_eq(fault_of(route),
	    "routes: a.example: credentials: secret: No such file or directory; name a file that the server can read");
	cr_assert_eq(mkfifo("secret", 0600), 0);
	cr_expect_str_eq(fault_of(route),
	    "routes: a.example: credentials: secret: it is not a regular file; name a file that the server can read");
}

Test(route, refuses_malformed_addresses)
{
	static const char *const none[] = { "", ":", ":25", "[", "[]", "[]:25", "[::1", "[::1]25", "a b",
		"lmtp:", "host.example:", "host..example" };
	for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
		struct route route;
		cr_expect_not(route_parse(&route, none[i]), "%s", none[i]);
		route_clear(&route);
	}
}
