/* The resolver of a worker: c-ares on its loop. */
#ifndef PEER_DNS_H
#define PEER_DNS_H

#include <uv.h>

#include "port/resolver.h"

enum {
	DNS_UNDER_WAY = 256, /* different questions at a time; further ones wait, within their time limit */
	DNS_TICK = 50,       /* milliseconds between looks for those whose time is up */
};

struct dns_config {
	const char *servers; /* as dns_servers_read() takes them; NULL for those of /etc/resolv.conf */
	int64_t timeout;     /* milliseconds for an answer, all attempts taken together */
};

struct dns_query;

/* For the loop's thread; all zero is one that is closed. */
struct dns {
	struct resolver resolver;
	uv_loop_t *loop;
	void (*after)(struct dns *dns); /* called when answers have been given by the loop */
	int64_t timeout;
	struct ares_channeldata *channel; /* NULL: nothing can be asked */
	struct dns_cache *cache;
	uv_timer_t timer; /* runs while a question is under way */
	struct dns_socket *sockets;
	struct dns_query *first, *last; /* that wait for an answer, the oldest first */
	struct dns_query *unsent;       /* the first of them that name servers have not been asked */
	unsigned under_way;             /* questions of c-ares, those included that nobody waits for any more */
	bool sending;
};

/*
 * Begins. Where it cannot, that is logged, and all questions are answered RESOLVER_FAILED. Returns 0, or an error of
 * libuv. The loop must not be closed before dns_close() was called, and has run once more.
 */
int dns_open(struct dns *dns, uv_loop_t *loop, const struct dns_config *config, void (*after)(struct dns *dns));

/* Ends; those who wait are answered RESOLVER_FAILED, and so is whoever asks from now on. */
void dns_close(struct dns *dns);

/* dns_sockets.c: has the loop watch a socket of c-ares for what it waits for, or let go of it. */
void dns_watch(void *dns, int descriptor, int readable, int writable);

#endif
