/* Counts logins by their outcome, for the metrics. */
#ifndef SESSION_LOGIN_COUNT_H
#define SESSION_LOGIN_COUNT_H

#include "base/log/stats.h"

/*
 * Counts the end of a login. cause is that of the event login-failed, NULL for a login that succeeded; any cause that has
 * no figure of its own is a failure of the server. Does nothing if stats is NULL.
 */
void login_count(struct stats_slot *stats, const char *cause);

#endif
