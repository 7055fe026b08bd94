/* The servers that mail for a domain may be handed to, and where they are: RFC 5321 section 5.1, RFC 7505. */
#ifndef RELAY_NEXT_HOP_H
#define RELAY_NEXT_HOP_H

#include "relay/route.h"

enum {
	NEXT_HOP_SERVERS_MAX = 10,   /* that are looked up, those of the best preference */
	NEXT_HOP_ADDRESSES_MAX = 20, /* addresses of them that are tried */
};

enum next_hop_outcome {
	NEXT_HOP_FOUND,     /* at least one address */
	NEXT_HOP_NO_DOMAIN, /* there is no such domain */
	NEXT_HOP_NO_ROUTE,  /* it takes no mail, or has no server that can be found */
	NEXT_HOP_LOOP,      /* it would come back to this one */
	NEXT_HOP_FAILED,    /* the DNS has not answered */
};

/* What does not change from one look-up to the next. */
struct next_hop_world {
	struct resolver *resolver;
	const char *hostname;      /* of this server */
	const struct network *own; /* its addresses, beside those of the loopback */
	size_t own_count;
};

struct next_hop_question {
	struct resolver_question question;
	struct next_hop *hop;
	unsigned server;
};

struct next_hop_server {
	char name[DNS_NAME_SIZE];
	unsigned preference, order; /* those of one preference are in a random order */
	bool own;                   /* is this server */
	bool failed;                /* of an address nothing is known */
	unsigned count;
	struct network addresses[NEXT_HOP_ADDRESSES_MAX];
	struct next_hop_question questions[2];
};

/* A look-up, and what came of it; embedded in what it is about. It stays where it is until done() is called. */
struct next_hop {
	const struct next_hop_world *world;
	void (*done)(struct next_hop *hop); /* on the loop; may come before next_hop_find() returns */
	void *owner;
	enum next_hop_outcome outcome;
	unsigned port;
	size_t count;
	struct transport_address addresses[NEXT_HOP_ADDRESSES_MAX]; /* in the order in which they are to be tried */
	struct next_hop_question mx;
	unsigned waiting; /* answers that are to come */
	bool stranger;    /* the DNS says where it is, so that it must not be here */
	unsigned server_count;
	struct next_hop_server servers[NEXT_HOP_SERVERS_MAX];
};

/* Finds the servers of a route, or, where that is NULL, those of a domain. world and done are set. */
void next_hop_find(struct next_hop *hop, const struct route *route, const char *domain);

#endif
