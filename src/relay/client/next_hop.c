/* The servers that accept mail for a domain, and their addresses: RFC 5321 section 5.1, RFC 7505. */
#include "relay/client/next_hop.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/address/idna.h"

static void
finish(struct next_hop *hop, enum next_hop_outcome outcome)
{
	hop->outcome = outcome;
	hop->done(hop);
}

static bool
is_same(const struct network *a, const struct network *b)
{
	return memcmp(a->octets, b->octets, NETWORK_OCTETS) == 0;
}

/* Loopback, unspecified, multicast, or an address of this server. */
static bool
is_here(const struct next_hop_world *world, const struct network *address)
{
	static const struct network none = { .octets = { 0 } };
	const unsigned char *octets = address->octets;
	struct network last = *address;
	last.octets[NETWORK_OCTETS - 1] &= 0xFE;
	if (network_is_ipv4(address) ? octets[12] == 0 || octets[12] == 127 || octets[12] >= 224
	                             : is_same(&last, &none) || octets[0] == 0xFF)
		return true;
	for (size_t i = 0; i < world->own_count; i++)
		if (is_same(address, &world->own[i]))
			return true;
	return false;
}

static int
compare(const void *a, const void *b)
{
	const struct next_hop_server *one = a, *other = b;
	if (one->preference != other->preference)
		return one->preference < other->preference ? -1 : 1;
	return one->order < other->order ? -1 : one->order > other->order;
}

static void
add_address(struct next_hop *hop, const struct network *address, const struct next_hop_server *server)
{
	struct transport_address *added = &hop->addresses[hop->count++];
	char text[NETWORK_TEXT_SIZE];
	network_write(text, address);
	*added = (struct transport_address) { .channel = { .port = hop->port } };
	if (server != NULL) {
		added->name = server->name;
		added->demand = server->demand;
		added->tlsa = server->tlsa;
		added->names = hop->policy.names;
	}
	snprintf(added->channel.host, sizeof added->channel.host, "%s", text);
}

/* The next address of a family from a position on; the count if there is none. */
static unsigned
find_family(const struct next_hop_server *server, unsigned at, bool ipv4)
{
	while (at < server->count && network_is_ipv4(&server->addresses[at]) != ipv4)
		at++;
	return at;
}

/* IPv6 and IPv4 by turns, so that a family that does not work here costs one attempt (RFC 8305 section 4). */
static void
add_addresses(struct next_hop *hop, const struct next_hop_server *server)
{
	unsigned at[2] = { 0, 0 };
	bool ipv4 = false;
	for (unsigned added = 0; added < server->count && hop->count < NEXT_HOP_ADDRESSES_MAX; ipv4 = !ipv4) {
		at[ipv4] = find_family(server, at[ipv4], ipv4);
		if (at[ipv4] == server->count)
			continue;
		add_address(hop, &server->addresses[at[ipv4]++], server);
		added++;
	}
}

/*
 * A policy never weakens what DANE demands, nor replaces its failure (RFC 8461 section 2). Records that cannot be used demand
 * any TLS; a policy may demand more.
 */
static void
apply_policy(const struct next_hop *hop, struct next_hop_server *server)
{
	const enum transport_demand demands[] = {
		[TLS_POLICY_NONE] = TRANSPORT_DEMAND_CLEAR,
		[TLS_POLICY_MAY] = TRANSPORT_DEMAND_NONE,
		[TLS_POLICY_ENCRYPT] = TRANSPORT_DEMAND_TLS,
		[TLS_POLICY_VERIFY] = TRANSPORT_DEMAND_NAMES,
		[TLS_POLICY_DANE_ONLY] = hop->world->dane ? TRANSPORT_DEMAND_NO_DANE : TRANSPORT_DEMAND_DANE_OFF,
	};
	enum transport_demand demand = demands[hop->policy.level];
	bool stricter = demand > TRANSPORT_DEMAND_TLS && server->demand == TRANSPORT_DEMAND_TLS;
	if (server->demand == TRANSPORT_DEMAND_NONE || stricter)
		server->demand = demand;
}

/* If this server is an MX itself, only better ones are tried: the others would send the message back (RFC 5321 5.1). */
static void
choose_servers(struct next_hop *hop)
{
	bool own = false, failed = false;
	unsigned i = 0;
	qsort(hop->servers, hop->server_count, sizeof *hop->servers, compare);
	for (; i < hop->server_count; i++)
		if (hop->stranger && hop->servers[i].own)
			break;
	own = i < hop->server_count;
	unsigned limit = own ? hop->servers[i].preference : 0;
	for (i = 0; i < hop->server_count && (!own || hop->servers[i].preference < limit); i++) {
		failed = failed || hop->servers[i].failed;
		apply_policy(hop, &hop->servers[i]);
		add_addresses(hop, &hop->servers[i]);
	}
	if (hop->count > 0)
		finish(hop, NEXT_HOP_FOUND);
	else
		finish(hop, failed ? NEXT_HOP_FAILED : own ? NEXT_HOP_LOOP : NEXT_HOP_NO_ROUTE);
}

static void
answered(struct next_hop *hop)
{
	if (--hop->waiting == 0)
		choose_servers(hop);
}

static void
ask(struct next_hop *hop, struct next_hop_question *question, unsigned server, enum resolver_type type,
    const char *name, void (*done)(struct resolver_question *question, const struct resolver_answer *answer))
{
	*question = (struct next_hop_question) { .question = { .done = done }, .hop = hop, .server = server };
	resolver_ask(hop->world->resolver, type, name, &question->question);
}

static void on_tlsa(struct resolver_question *base, const struct resolver_answer *answer);

/*
 * Are its TLSA records asked for? Only where its addresses are verified too: a name server without DNSSEC may not even answer
 * the question (RFC 7672 section 2.2.2). An address that is not answered proves nothing: who can suppress it must not be able
 * to switch DANE off. The records of an alias are those of the name it leads to; if there are none, its own (section 2.1.3).
 */
static bool
ask_tlsa(struct next_hop *hop, unsigned number)
{
	char name[DNS_NAME_SIZE];
	struct next_hop_server *server = &hop->servers[number];
	if (!hop->secure || server->insecure || server->count == 0)
		return false;
	const char *base = server->original ? server->name : server->alias_of;
	int len = snprintf(name, sizeof name, "_%u._tcp.%s", hop->port, base);
	if (len < 0 || (size_t)len >= sizeof name)
		return false;
	ask(hop, &server->questions[0], number, RESOLVER_TLSA, name, on_tlsa);
	return true;
}

static void
take_tlsa(struct next_hop *hop, struct next_hop_server *server, const struct resolver_answer *answer)
{
	struct tlsa_set *set = tlsa_set_new(answer, server->original ? server->name : server->alias_of, hop->domain);
	if (set == NULL) {
		server->demand = TRANSPORT_DEMAND_UNKNOWN;
	} else if (set->len > 0) {
		server->demand = TRANSPORT_DEMAND_DANE;
		server->tlsa = set;
	} else {
		server->demand = TRANSPORT_DEMAND_TLS;
		tlsa_set_release(set);
	}
}

/* Records that are not verified count as none, for whoever forges them could leave them out (RFC 7672 section 2.2). */
static void
on_tlsa(struct resolver_question *base, const struct resolver_answer *answer)
{
	struct next_hop_question *question = (struct next_hop_question *)base;
	struct next_hop *hop = question->hop;
	struct next_hop_server *server = &hop->servers[question->server];
	if (answer->outcome == RESOLVER_FAILED) {
		server->demand = TRANSPORT_DEMAND_UNKNOWN;
	} else if (answer->outcome == RESOLVER_FOUND && answer->secure) {
		take_tlsa(hop, server, answer);
	} else if (!server->original) {
		server->original = true;
		if (ask_tlsa(hop, question->server))
			return;
	}
	answered(hop);
}

/* An alias whose own zone is signed has its own records: who answers for the zone that it leads to must not switch them off. */
static void
on_alias(struct resolver_question *base, const struct resolver_answer *answer)
{
	struct next_hop_question *question = (struct next_hop_question *)base;
	struct next_hop *hop = question->hop;
	struct next_hop_server *server = &hop->servers[question->server];
	if (answer->outcome == RESOLVER_FAILED)
		server->demand = TRANSPORT_DEMAND_UNKNOWN;
	server->insecure = answer->outcome != RESOLVER_FOUND || !answer->secure;
	server->original = true;
	if (!ask_tlsa(hop, question->server))
		answered(hop);
}

/*
 * Is the alias itself asked for? Only if what it leads to is not verified: the bit AD of that answer says nothing about the
 * alias (RFC 7672 section 2.2.3).
 */
static bool
ask_alias(struct next_hop *hop, unsigned number)
{
	struct next_hop_server *server = &hop->servers[number];
	if (!hop->secure || !server->insecure || server->count == 0 || server->alias_of[0] == '\0')
		return false;
	ask(hop, &server->questions[0], number, RESOLVER_CNAME, server->name, on_alias);
	return true;
}

/* An alias leads to the same name whatever type is asked for. */
static void
note_alias(struct next_hop_server *server, const struct resolver_answer *answer)
{
	if (answer->alias_of == NULL)
		return;
	snprintf(server->alias_of, sizeof server->alias_of, "%s", answer->alias_of);
	server->original = false;
}

static void
on_address(struct resolver_question *base, const struct resolver_answer *answer)
{
	struct next_hop_question *question = (struct next_hop_question *)base;
	struct next_hop *hop = question->hop;
	struct next_hop_server *server = &hop->servers[question->server];
	server->failed = server->failed || answer->outcome == RESOLVER_FAILED;
	note_alias(server, answer);
	server->insecure = server->insecure || (answer->outcome != RESOLVER_FAILED && !answer->secure);
	for (size_t i = 0; i < answer->count && server->count < NEXT_HOP_ADDRESSES_MAX; i++) {
		server->own = server->own || is_here(hop->world, &answer->records[i].address);
		server->addresses[server->count++] = answer->records[i].address;
	}
	if (--server->waiting > 0 || (!ask_alias(hop, question->server) && !ask_tlsa(hop, question->server)))
		answered(hop);
}

/* The count of missing answers is one too high until all questions are asked, since done() may be called at once. */
static void
ask_addresses(struct next_hop *hop)
{
	hop->waiting = 1 + 2 * hop->server_count;
	for (unsigned i = 0; i < hop->server_count; i++) {
		ask(hop, &hop->servers[i].questions[0], i, RESOLVER_A, hop->servers[i].name, on_address);
		ask(hop, &hop->servers[i].questions[1], i, RESOLVER_AAAA, hop->servers[i].name, on_address);
	}
	answered(hop);
}

static void
add_server(struct next_hop *hop, const char *name, unsigned preference)
{
	struct next_hop_server *server = &hop->servers[hop->server_count++];
	server->preference = preference;
	server->order = (unsigned)random();
	server->own = strcasecmp(name, hop->world->hostname) == 0;
	server->failed = server->insecure = false;
	server->waiting = 2;
	server->alias_of[0] = '\0';
	server->original = true;
	server->demand = TRANSPORT_DEMAND_NONE;
	server->tlsa = NULL;
	server->count = 0;
	snprintf(server->name, sizeof server->name, "%s", name);
}

/* A domain without MX is its own server (RFC 5321 5.1); one with a null MX accepts no mail (RFC 7505). */
static void
on_mx(struct resolver_question *base, const struct resolver_answer *answer)
{
	struct next_hop *hop = ((struct next_hop_question *)base)->hop;
	hop->secure = hop->secure && answer->secure;
	switch (answer->outcome) {
	case RESOLVER_FAILED: finish(hop, NEXT_HOP_FAILED); return;
	case RESOLVER_NO_NAME: finish(hop, NEXT_HOP_NO_DOMAIN); return;
	case RESOLVER_NO_DATA: break;
	case RESOLVER_FOUND:
		hop->server_count = 0;
		for (size_t i = 0; i < answer->count && hop->server_count < NEXT_HOP_SERVERS_MAX; i++)
			if (answer->records[i].len > 0)
				add_server(hop, answer->records[i].text, answer->records[i].preference);
		break;
	}
	if (hop->server_count > 0)
		ask_addresses(hop);
	else
		finish(hop, NEXT_HOP_NO_ROUTE);
}

static void
ask_mx(struct next_hop *hop)
{
	add_server(hop, hop->domain, 0); /* in case it has no MX */
	ask(hop, &hop->mx, 0, RESOLVER_MX, hop->domain, on_mx);
}

static void
on_policy(struct tls_policy_question *base, const struct tls_policy *policy, const char *error)
{
	struct next_hop *hop = ((struct next_hop_policy_question *)base)->hop;
	if (policy == NULL && error[0] != '\0') {
		snprintf(hop->error, sizeof hop->error, "%s", error);
		finish(hop, NEXT_HOP_NO_POLICY);
		return;
	}
	if (policy != NULL)
		hop->policy = *policy;
	ask_mx(hop);
}

static void
find_mx(struct next_hop *hop, const char *domain)
{
	struct tls_policies *policies = hop->fixed || hop->dane_only ? NULL : hop->world->policies;
	if (!idna_to_ascii(hop->domain, domain)) {
		finish(hop, NEXT_HOP_NO_DOMAIN);
		return;
	}
	hop->asked = (struct next_hop_policy_question) { .question = { .done = on_policy }, .hop = hop };
	if (policies != NULL)
		policies->ask(policies, hop->domain, &hop->asked.question);
	else
		ask_mx(hop);
}

/* An address needs no look-up, and has no TLSA records. */
static void
find_address(struct next_hop *hop, const struct network *address)
{
	if (hop->stranger && is_here(hop->world, address)) {
		finish(hop, NEXT_HOP_LOOP);
		return;
	}
	add_address(hop, address, NULL);
	if (hop->dane_only)
		hop->addresses[0].demand = TRANSPORT_DEMAND_NO_DANE;
	finish(hop, NEXT_HOP_FOUND);
}

static void
find_path(struct next_hop *hop, const char *path)
{
	hop->addresses[0] = (struct transport_address) { 0 };
	snprintf(hop->addresses[0].channel.host, sizeof hop->addresses[0].channel.host, "%s", path);
	hop->count = 1;
	finish(hop, NEXT_HOP_FOUND);
}

/* "[192.0.2.1]", "[IPv6:2001:db8::1]" */
static bool
read_literal(struct network *address, const char *domain)
{
	char text[NETWORK_TEXT_SIZE];
	size_t len = strlen(domain);
	if (len < 3 || len >= sizeof text || domain[0] != '[' || domain[len - 1] != ']')
		return false;
	snprintf(text, sizeof text, "%.*s", (int)(len - 2), domain + 1);
	bool tagged = strncasecmp(text, "IPv6:", 5) == 0;
	return network_parse_address(address, text + (tagged ? 5 : 0)) && network_is_ipv4(address) != tagged;
}

void
next_hop_find(struct next_hop *hop, const struct route *route, const char *domain)
{
	struct network address;
	next_hop_clear(hop);
	hop->secure = hop->world->dane && !hop->fixed;
	hop->policy.level = hop->dane_only ? TLS_POLICY_DANE_ONLY : TLS_POLICY_MAY;
	hop->policy.names[0] = '\0';
	hop->domain[0] = '\0';
	hop->stranger = route == NULL;
	hop->port = route == NULL ? ROUTE_PORT : route->port;
	if (route == NULL && read_literal(&address, domain)) {
		find_address(hop, &address);
	} else if (route == NULL) {
		find_mx(hop, domain);
	} else if (route->host[0] == '/') {
		find_path(hop, route->host);
	} else if (network_parse_address(&address, route->host)) {
		find_address(hop, &address);
	} else {
		add_server(hop, route->host, 0);
		ask_addresses(hop);
	}
}

void
next_hop_clear(struct next_hop *hop)
{
	for (unsigned i = 0; i < hop->server_count; i++) {
		tlsa_set_release(hop->servers[i].tlsa);
		hop->servers[i].tlsa = NULL;
	}
	hop->server_count = 0;
	hop->count = 0;
}
