/* The answers of the DNS that a check needs, each asked for once. */
#ifndef CMD_CTL_CHECK_ANSWERS_H
#define CMD_CTL_CHECK_ANSWERS_H

#include "cmd/ctl/quickstart/lookups.h"

enum { ANSWERS_MAX = 256 }; /* further questions fail */

struct answers {
	const char *servers;   /* as dns_servers_read() reads them; NULL: those of /etc/resolv.conf */
	struct lookup *of;     /* ANSWERS_MAX of them */
	size_t count, fetched; /* questions; those that have been asked */
};

/* Returns false if memory is out. answers_close() frees it in any case. */
bool answers_open(struct answers *answers, const char *servers);
void answers_close(struct answers *answers);

/* Notes a question, unless the name is too long for the DNS; asks all that were noted together, and waits some seconds at most. */
void answers_want(struct answers *answers, enum resolver_type type, const char *name);
void answers_fetch(struct answers *answers);

/* The answer, which is asked for if it was not. It is valid until answers_close(). */
const struct lookup *answers_get(struct answers *answers, enum resolver_type type, const char *name);

#endif
