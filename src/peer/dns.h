/* Resolves DNS questions on the loop of a worker, by c-ares. */
#ifndef PEER_DNS_H
#define PEER_DNS_H

#include <uv.h>

#include "port/resolver.h"

enum {
	DNS_UNDER_WAY = 256, /* different questions at a time; further ones wait, within their time limit */
	DNS_TICK = 50,       /* milliseconds between checks for questions whose time is up */
};

struct dns_config {
	const char *servers; /* as dns_servers_read() reads them; NULL: those of /etc/resolv.conf */
	int64_t timeout;     /* milliseconds for an answer, all attempts taken together */
};

struct dns_query;

/* For the loop's thread. All zero is a resolver that is closed. */
struct dns {
	struct resolver resolver;
	uv_loop_t *loop;
	void (*after)(struct dns *dns); /* called when questions have been answered later than they were asked */
	int64_t timeout;
	struct ares_channeldata *channel; /* NULL: nothing can be asked */
	struct dns_cache *cache;
	uv_timer_t timer; /* runs while a question is under way */
	struct dns_socket *sockets;
	struct dns_query *first, *last; /* that wait for an answer; the oldest comes first */
	struct dns_query *unsent;       /* the first of them that has not been sent */
	unsigned under_way;             /* queries of c-ares, including those without askers */
	bool sending;
};

/*
 * Opens the resolver. If c-ares cannot be used, that is logged, and all questions are answered RESOLVER_FAILED. Returns 0,
 * or an error of libuv. dns_close() must be called before the loop is closed, and the loop must run once after it.
 */
int dns_open(struct dns *dns, uv_loop_t *loop, const struct dns_config *config, void (*after)(struct dns *dns));

/* Closes it: questions under way, and later ones, are answered RESOLVER_FAILED. */
void dns_close(struct dns *dns);

/*
 * Are all name servers on this machine? servers is as dns_servers_read() reads them; NULL: those of /etc/resolv.conf. Asks
 * nothing.
 */
bool dns_servers_are_local(const char *servers);

/* For c-ares (dns_sockets.c): watches a socket for reading, writing or both; for neither: forgets it. */
void dns_watch(void *dns, int descriptor, int readable, int writable);

#endif
