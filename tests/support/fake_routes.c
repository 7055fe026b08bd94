/* Where mail for other servers goes on the fixture. */
#include <string.h>

#include "port/router.h"
#include "smtp_fixture.h"

static bool
has_route(const struct router *router, const char *domain)
{
	(void)router;
	return strcmp(domain, "routed.example") == 0;
}

void
fixture_routes(struct smtp_fixture *fixture)
{
	static const struct router router = { has_route };

	fixture->config.router = &router;
}
