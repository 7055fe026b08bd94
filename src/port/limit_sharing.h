/* Exchanges counters and the temporary blacklist with other servers. */
#ifndef PORT_LIMIT_SHARING_H
#define PORT_LIMIT_SHARING_H

#include "port/limiter.h"
#include "port/shared_store.h"

enum {
	SHARING_PAUSE = 1000,      /* milliseconds between two exchanges */
	SHARING_PAUSE_MAX = 30000, /* the longest pause; it doubles while exchanges fail */
};

/* Of one process of a server. */
struct limit_sharing {
	struct limiter *limiter;
	struct shared_store *store;
	int64_t pause; /* until the next exchange */
	bool under_way;
	bool rereads; /* it reads all marks again, also those that it or a process before it has read */
	bool failing; /* the last exchange failed, which has been logged */
	struct counter_shared entries[SHARED_MAX]; /* of the exchange under way */
	struct shared_exchange exchange;
	void (*ended)(struct limit_sharing *sharing); /* an exchange: the next one is due after the pause */
};

/* Sets it up. All that it points at, and service, such as "smtp", must outlive it. */
void limit_sharing_open(
    struct limit_sharing *sharing, struct limiter *limiter, struct shared_store *store, const char *service);

/* Begins an exchange. None may be under way. */
void limit_sharing_begin(struct limit_sharing *sharing);

#endif
