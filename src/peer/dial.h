/* Connections to other servers, over TCP or a socket of the file system, with TLS. */
#ifndef PEER_DIAL_H
#define PEER_DIAL_H

#include "port/channel.h"

/* What all connections of a process share. Its memory must outlive them. */
struct dial {
	struct dialer dialer;
	int stop[2]; /* a pipe: what is written to it ends all waiting */
};

/* Returns 0, or -1 with errno. */
int dial_open(struct dial *dial);
void dial_close(struct dial *dial);

/* From now on nothing waits: what is under way fails with ECANCELED as soon as it would. */
void dial_stop(struct dial *dial);

#endif
