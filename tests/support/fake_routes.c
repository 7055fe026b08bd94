/* Where mail for elsewhere goes on the stage. */
#include "relay/route.h"
#include "smtp_fixture.h"

void
stage_routes(struct stage *stage)
{
	static char domain[] = "routed.example", host[] = "192.0.2.99";
	static struct route route = { .domain = domain, .host = host };
	static const struct routes routes = { .list = &route, .count = 1 };

	stage->config.routes = &routes;
}
