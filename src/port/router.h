/* Whether mail for a domain of another server can be sent there. */
#ifndef PORT_ROUTER_H
#define PORT_ROUTER_H

#include <stdbool.h>

/* Implemented by relay/client/route.h and by tests. Immutable while sessions run. */
struct router {
	/*
	 * Is there a route, a smarthost or, if MX records are used, any other way to this domain? In lower case. Does
	 * not block.
	 */
	bool (*has_route)(const struct router *router, const char *domain);
};

#endif
