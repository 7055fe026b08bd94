/* Counts logins by their outcome, for the metrics. */
#include "session/login_count.h"

#include <string.h>

static const struct {
	const char *cause;
	enum stats_item figure;
} figures[] = {
	{ "wrong-password", STAT_LOGIN_PASSWORD },
	{ "unknown-user", STAT_LOGIN_USER },
	{ "disabled", STAT_LOGIN_DISABLED },
	{ "no-privilege", STAT_LOGIN_PRIVILEGE },
	{ "blacklisted", STAT_LOGIN_THROTTLED },
	{ "too-soon", STAT_LOGIN_THROTTLED },
	{ "locked", STAT_LOGIN_THROTTLED },
	{ "abandoned", STAT_LOGIN_ABANDONED },
};

static enum stats_item
figure_of(const char *cause)
{
	if (cause == NULL)
		return STAT_LOGIN_OK;
	for (size_t i = 0; i < sizeof figures / sizeof *figures; i++)
		if (strcmp(cause, figures[i].cause) == 0)
			return figures[i].figure;
	return STAT_LOGIN_FAILED;
}

void
login_count(struct stats_slot *stats, const char *cause)
{
	stats_add(stats, figure_of(cause), 1);
}
