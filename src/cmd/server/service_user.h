/* The user that a server becomes when root starts it. */
#ifndef CMD_SERVER_SERVICE_USER_H
#define CMD_SERVER_SERVICE_USER_H

#include <sys/types.h>

#include "cmd/server/settings.h"

enum { SERVICE_USER_ERROR_SIZE = 320 };

struct service_user {
	uid_t user;
	gid_t group; /* the user's primary group */
};

/*
 * Finds the user that the server runs as:
 *
 *   - the one that the configuration names, who must exist;
 *   - else, if root starts it, the user ftgate if there is one;
 *   - else the one who starts it: root only if each listener and the metrics are at a loopback address, so that no process
 *     of root faces the network.
 *
 * Returns 0, or -1 with an English sentence that names value and cure. Whether the process may become that user is not
 * checked.
 */
int service_user_find(struct service_user *user, const struct settings *settings, char error[SERVICE_USER_ERROR_SIZE]);

#endif
