/* Makes connections to PostgreSQL, with a limit of time for all hosts of the setting. */
#ifndef DIRECTORY_POSTGRES_CONNECT_H
#define DIRECTORY_POSTGRES_CONNECT_H

#include <stdbool.h>
#include <stdint.h>

#include "directory/postgres/libpq.h"

enum { CONNECT_WHY_SIZE = 384 };

struct connect_settings {
	const char *database; /* a URL of libpq */
	const char *program;  /* its name, for the server */
	const char *session;  /* target_session_attrs, if the URL sets none; NULL: that of libpq */
	/* Where the cure of a failure goes, translated, if one is known; NULL: to the end of the reason, in English. */
	const char **cure;
	bool writes; /* of several hosts, one that can be changed is preferred, whatever the URL says */
	/*
	 * Milliseconds for all hosts together. A connect_timeout of the URL is for
	 * each, 60 seconds at most. Looking up names is not limited.
	 */
	int64_t limit;
};

/*
 * Connects to the first host that can be used. Blocks. The connection is the caller's, for PQfinish(). If its status is
 * not CONNECTION_OK, the English sentence in why says why. NULL when memory is out.
 */
PGconn *postgres_connect(
    const struct libpq *libpq, const struct connect_settings *settings, char why[CONNECT_WHY_SIZE]);

#endif
