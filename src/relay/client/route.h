/* Routes: which server the configuration names for the mail of a domain, if the MX of the domain does not decide. */
#ifndef RELAY_ROUTE_H
#define RELAY_ROUTE_H

#include "config/config.h"
#include "port/resolver.h"
#include "port/router.h"
#include "relay/client/transport.h"

enum { ROUTE_ERROR_SIZE = 320, ROUTE_PORT = 25, ROUTE_LMTP_PORT = 24 };

struct route {
	char *domain; /* in lower case; NULL: any that has no route of its own */
	char *host;   /* a name, an IP address, or the path of a socket */
	bool mx;      /* to the MX of the domain, in this manner; the host is then "mx" */
	unsigned port;
	struct transport_manner manner; /* hostname is not set */
};

/* Immutable once they are open; any number of sessions may ask. */
struct routes {
	struct router router; /* for sessions */
	struct route *list;
	size_t count;
	struct route smarthost; /* host NULL: there is none */
	struct route mailboxes; /* to those of accounts, by LMTP; host NULL: they are here */
	bool mx;                /* a domain that has no other route goes to its MX */
};

/*
 * Makes routes of the settings, which must outlive them, and reads the files of credentials that they name: the user in the
 * first line, the password in the second. Reports each fault with its line. Returns 0, or -1 if there was one. The caller
 * closes the routes in either case.
 */
int routes_open(struct routes *routes, const struct config *config, config_report *report, void *context);
void routes_close(struct routes *routes);

/*
 * Reports the smarthost and each route by which nothing is sent, with its line, if DANE is not used: its value of tls is
 * dane-only. Returns their number.
 */
size_t routes_without_dane(const struct config *config, config_report *report, void *context);

/*
 * Parses the server of a route: HOST, HOST:PORT, ADDRESS:PORT with brackets around one of IPv6; lmtp: and one of these or the
 * path of a Unix socket; or "mx". Returns false if it is none. The caller clears the route in either case.
 */
bool route_parse(struct route *route, const char *text);
void route_clear(struct route *route);

/* Finds the route for mail to a domain, which is in lower case. NULL: to its MX if routes->mx, else there is none. */
const struct route *route_find(const struct routes *routes, const char *domain);

#endif
