/* Where mail for elsewhere goes on the fixture. */
#include "relay/route.h"
#include "smtp_fixture.h"

void
fixture_routes(struct smtp_fixture *fixture)
{
	static char domain[] = "routed.example", host[] = "192.0.2.99";
	static struct route route = { .domain = domain, .host = host };
	static const struct routes routes = { .list = &route, .count = 1 };

	fixture->config.routes = &routes;
}
