/* A connection from a job to a scanner; it blocks, up to a deadline. */
#ifndef PEER_SCAN_LINK_H
#define PEER_SCAN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "config/endpoint.h"

struct scan_link {
	int socket;       /* -1: none */
	int64_t deadline; /* milliseconds of CLOCK_MONOTONIC */
	int error;        /* of the last call that failed, as of errno; ETIMEDOUT when the time is up */
};

/* Connects; all of what follows has so many milliseconds. False where it fails; to be closed all the same. */
bool scan_link_open(struct scan_link *link, const struct endpoint *endpoint, int64_t limit);
void scan_link_close(struct scan_link *link);

/* Sends all octets. Receives some; 0 when the other side has closed, -1 where it fails. */
bool scan_link_send(struct scan_link *link, const void *octets, size_t len);
ssize_t scan_link_receive(struct scan_link *link, void *octets, size_t size);

#endif
