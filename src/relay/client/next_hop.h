/*
 * The servers that accept mail for a domain, and their addresses: RFC 5321 section 5.1, RFC 7505; and what the DNS demands of
 * TLS with them: RFC 7672 section 2.2.
 */
#ifndef RELAY_NEXT_HOP_H
#define RELAY_NEXT_HOP_H

#include "port/tls_policy.h"
#include "relay/client/route.h"

enum {
	NEXT_HOP_SERVERS_MAX = 10,   /* servers that are looked up, those of the best preference */
	NEXT_HOP_ADDRESSES_MAX = 20, /* addresses that are tried */
};

enum next_hop_outcome {
	NEXT_HOP_FOUND,     /* at least one address */
	NEXT_HOP_NO_DOMAIN, /* there is no such domain */
	NEXT_HOP_NO_ROUTE,  /* it accepts no mail, or none of its servers has an address */
	NEXT_HOP_LOOP,      /* the best server is this one: the mail would come back */
	NEXT_HOP_FAILED,    /* the DNS has not answered */
	NEXT_HOP_NO_POLICY, /* whether the domain demands TLS is not known; error says why */
};

/* Shared by all look-ups. */
struct next_hop_world {
	struct resolver *resolver;
	const char *hostname;      /* of this server */
	const struct network *own; /* its addresses, beside those of the loopback */
	size_t own_count;
	struct tls_policies *policies; /* NULL: none are asked for */
	bool dane;                     /* TLSA records are asked for, and the bit AD of the resolver is trusted */
};

struct next_hop_question {
	struct resolver_question question;
	struct next_hop *hop;
	unsigned server;
};

struct next_hop_policy_question {
	struct tls_policy_question question;
	struct next_hop *hop;
};

struct next_hop_server {
	char name[DNS_NAME_SIZE];
	unsigned preference, order;   /* those of one preference are in a random order */
	bool own;                     /* is this server */
	bool failed;                  /* a look-up of its addresses failed */
	bool insecure;                /* an answer to one was not verified by DNSSEC */
	unsigned waiting;             /* look-ups of addresses that are missing */
	char alias_of[DNS_NAME_SIZE]; /* the name that it is an alias of; "": none */
	bool original;                /* TLSA records of the name itself are asked for, those of alias_of being none */
	enum transport_demand demand;
	struct tlsa_set *tlsa;
	unsigned count;
	struct network addresses[NEXT_HOP_ADDRESSES_MAX];
	struct next_hop_question questions[2]; /* the first one also asks for TLSA records */
};

/* A look-up and its result, embedded in its owner. It must not move until done() is called. */
struct next_hop {
	const struct next_hop_world *world;
	void (*done)(struct next_hop *hop); /* called on the loop, possibly before next_hop_find() returns */
	void *owner;
	bool fixed;     /* the manner of the route says what TLS is needed: nobody else is asked */
	bool dane_only; /* the route demands usable records of DANE: no service of policies is asked */
	enum next_hop_outcome outcome;
	char error[TLS_POLICY_ERROR_SIZE]; /* NO_POLICY: an English phrase */
	unsigned port;
	size_t count;
	struct transport_address addresses[NEXT_HOP_ADDRESSES_MAX]; /* in the order in which they are tried */
	struct next_hop_question mx;
	struct next_hop_policy_question asked;
	struct tls_policy policy; /* of the domain */
	unsigned waiting;         /* answers that are missing */
	bool stranger;            /* the DNS says where it is, so that it must not be here */
	bool
	    secure; /* TLSA records count: the names of the servers are from the configuration, or verified by DNSSEC */
	char domain[DNS_NAME_SIZE]; /* as the DNS has it; "": there is none */
	unsigned server_count;
	struct next_hop_server servers[NEXT_HOP_SERVERS_MAX];
};

/*
 * Finds the servers of a route, or those of a domain if the route is NULL. The caller has set world, done, owner, fixed
 * and dane_only.
 */
void next_hop_find(struct next_hop *hop, const struct route *route, const char *domain);

/* Frees what a look-up has found, after done(). A hop that is all zero may be cleared too. */
void next_hop_clear(struct next_hop *hop);

#endif
