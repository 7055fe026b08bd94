/* Finds the codes of other servers' replies, and whose replies they look to be. */
#ifndef MSG_FOREIGN_H
#define MSG_FOREIGN_H

#include "find.h"

enum { FOREIGN_MAX = 64 };

/* A reply: its reply code or response code, and its enhanced status code; either may be empty. */
struct foreign_reply {
	char code[16];
	char status[12];
};

/* In the order of the texts; after FOREIGN_MAX the rest is left out. */
struct foreign {
	size_t count;
	struct foreign_reply at[FOREIGN_MAX];
	unsigned tries; /* codes whose words were looked up */
};

/* Adds the codes in n octets of text. */
void foreign_scan(struct foreign *found, const char *text, size_t n);

/* Joins codes that belong together, and drops those that say less than another one; then adds a hit for each. */
void foreign_finish(struct foreign *found, const char *server, struct hits *hits);

/* Whether any of the codes says more than that something failed. */
bool foreign_is_specific(const struct foreign *found);

/* The software or service that writes such words. NULL: unknown. */
const char *foreign_server(const char *text, size_t n);

#endif
