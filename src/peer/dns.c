/* Resolves DNS questions on the loop of a worker, by c-ares. */
#include "peer/dns.h"

#include <ares.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/log/log.h"
#include "base/text/ascii.h"
#include "config/dns_settings.h"
#include "peer/dns_answer.h"
#include "peer/dns_cache.h"
#include "peer/dns_message.h"

enum { ATTEMPTS = 2 }; /* at each server */

/* A question, with all its askers. Freed once c-ares has finished with it and no asker is left. */
struct dns_query {
	struct dns *dns;
	struct dns_query *next, *previous;
	struct resolver_question *askers; /* NULL: none is left */
	int64_t deadline;
	enum resolver_type type;
	bool sent;
	char name[DNS_NAME_SIZE];
};

static const struct resolver_answer failed = { .outcome = RESOLVER_FAILED };

static void
link_query(struct dns *dns, struct dns_query *query)
{
	query->previous = dns->last;
	if (dns->last != NULL)
		dns->last->next = query;
	else
		dns->first = query;
	dns->last = query;
	if (dns->unsent == NULL)
		dns->unsent = query;
}

static void
unlink_query(struct dns *dns, struct dns_query *query)
{
	if (dns->unsent == query)
		dns->unsent = query->next;
	if (dns->first == query)
		dns->first = query->next;
	else
		query->previous->next = query->next;
	if (query->next != NULL)
		query->next->previous = query->previous;
	else
		dns->last = query->previous;
}

/*
 * Answers all who ask, and caches the answer. The query has left the list of those that wait. Each done() may ask again at
 * once, and may free its question.
 */
static void
answer_askers(struct dns_query *query, const unsigned char *message, size_t len)
{
	struct dns *dns = query->dns;
	struct dns_answer *answer = dns_answer_new(query->type, query->name, message, len);
	struct resolver_question *asker = query->askers;
	if (answer != NULL && dns->cache != NULL)
		dns_cache_put(dns->cache, query->type, query->name, answer, (int64_t)uv_now(dns->loop));
	query->askers = NULL;
	for (struct resolver_question *next; asker != NULL; asker = next) {
		next = asker->next;
		asker->done(asker, answer != NULL ? &answer->answer : &failed);
	}
	dns_answer_release(answer);
}

static void send_queries(struct dns *dns);

/* An answer that is late is cached, for the next time. */
static void
on_answer(void *context, int status, int timeouts, unsigned char *message, int len)
{
	struct dns_query *query = context;
	struct dns *dns = query->dns;
	(void)timeouts;
	dns->under_way--;
	if (query->askers != NULL)
		unlink_query(dns, query);
	if (query->askers != NULL || message != NULL)
		answer_askers(query, message, message != NULL ? (size_t)len : 0);
	free(query);
	if (status != ARES_EDESTRUCTION)
		send_queries(dns);
}

/* A random number, so that an answer cannot be forged by who does not see the question (RFC 5452). */
static unsigned short
make_id(void)
{
	unsigned short id = 0;
	if (getrandom(&id, sizeof id, 0) != (ssize_t)sizeof id)
		abort();
	return id;
}

/* The bit AD asks for the same bit in the answer, without the records of DNSSEC themselves (RFC 6840 section 5.7). */
static void
send_query(struct dns *dns, struct dns_query *query)
{
	enum { FLAGS = 3, AD = 0x20 };
	unsigned char *message = NULL;
	int len = 0;
	int error = ares_create_query(
	    query->name, DNS_CLASS_IN, dns_type_number(query->type), make_id(), 1, &message, &len, 0);
	if (error != ARES_SUCCESS) {
		on_answer(query, error, 0, NULL, 0);
		return;
	}
	message[FLAGS] |= AD;
	ares_send(dns->channel, message, len, on_answer, query);
	ares_free_string(message);
}

/* The callback may run before ares_send() returns. */
static void
send_queries(struct dns *dns)
{
	if (dns->sending)
		return;
	dns->sending = true;
	while (dns->unsent != NULL && dns->under_way < DNS_UNDER_WAY) {
		struct dns_query *query = dns->unsent;
		dns->unsent = query->next;
		query->sent = true;
		dns->under_way++;
		send_query(dns, query);
	}
	dns->sending = false;
}

/* A query that c-ares has continues there, and is freed when it ends. */
static void
expire_first(struct dns *dns)
{
	struct dns_query *query = dns->first;
	bool sent = query->sent;
	unlink_query(dns, query);
	answer_askers(query, NULL, 0);
	if (!sent)
		free(query);
}

static void
on_tick(uv_timer_t *timer)
{
	struct dns *dns = timer->data;
	int64_t now = (int64_t)uv_now(dns->loop);
	ares_process_fd(dns->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
	while (dns->first != NULL && dns->first->deadline <= now)
		expire_first(dns);
	if (dns->first == NULL && dns->under_way == 0)
		uv_timer_stop(timer);
	dns->after(dns);
}

static struct dns_query *
find_query(const struct dns *dns, enum resolver_type type, const char *name)
{
	struct dns_query *query = dns->first;
	while (query != NULL && (query->type != type || strcmp(query->name, name) != 0))
		query = query->next;
	return query;
}

/* Returns NULL if nothing can be asked. */
static struct dns_query *
open_query(struct dns *dns, enum resolver_type type, const char *name)
{
	struct dns_query *query = dns->channel != NULL ? malloc(sizeof *query) : NULL;
	if (query == NULL)
		return NULL;
	*query = (struct dns_query) {
		.dns = dns,
		.type = type,
		.deadline = (int64_t)uv_now(dns->loop) + dns->timeout,
	};
	memcpy(query->name, name, strlen(name) + 1);
	link_query(dns, query);
	if (!uv_is_active((uv_handle_t *)&dns->timer))
		uv_timer_start(&dns->timer, on_tick, DNS_TICK, DNS_TICK);
	return query;
}

static void
copy_lower(char lower[DNS_NAME_SIZE], const char *name)
{
	size_t i = 0;
	for (; i < DNS_NAME_MAX && name[i] != '\0'; i++)
		lower[i] = ascii_lower(name[i]);
	lower[i] = '\0';
}

static void
ask(struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question)
{
	struct dns *dns = (struct dns *)resolver;
	char lower[DNS_NAME_SIZE];
	struct dns_answer *known = NULL;
	copy_lower(lower, name);
	if (dns->channel != NULL)
		known = dns_cache_find(dns->cache, type, lower, (int64_t)uv_now(dns->loop));
	if (known != NULL) {
		dns_answer_hold(known);
		question->done(question, &known->answer);
		dns_answer_release(known);
		return;
	}
	struct dns_query *query = find_query(dns, type, lower);
	if (query == NULL)
		query = open_query(dns, type, lower);
	if (query == NULL) {
		question->done(question, &failed);
		return;
	}
	question->next = query->askers;
	query->askers = question;
	send_queries(dns);
}

static struct ares_addr_port_node
node_of(const struct endpoint *server)
{
	struct ares_addr_port_node node = { .family = server->address.any.sa_family };
	if (node.family == AF_INET)
		node.addr.addr4 = server->address.v4.sin_addr;
	else
		memcpy(&node.addr.addr6, &server->address.v6.sin6_addr, sizeof node.addr.addr6);
	node.udp_port = ntohs(node.family == AF_INET ? server->address.v4.sin_port : server->address.v6.sin6_port);
	node.tcp_port = node.udp_port;
	return node;
}

static int
set_servers(struct dns *dns, const char *text)
{
	struct endpoint servers[DNS_SERVERS_MAX];
	struct ares_addr_port_node nodes[DNS_SERVERS_MAX];
	char error[SECTION_ERROR_SIZE];
	int count = dns_servers_read(servers, text, error);
	for (int i = 0; i < count; i++) {
		nodes[i] = node_of(&servers[i]);
		nodes[i].next = i + 1 < count ? &nodes[i + 1] : NULL;
	}
	return count > 0 ? ares_set_servers_ports(dns->channel, nodes) : ARES_EBADSTR;
}

/* The second attempt at a server has twice the time of the first: with one or two servers there is time for a second. */
static int
open_channel(struct dns *dns, const struct dns_config *config)
{
	struct ares_options options = {
		.timeout = (int)(config->timeout / 4),
		.tries = ATTEMPTS,
		.sock_state_cb = dns_watch,
		.sock_state_cb_data = dns,
	};
	int error = ares_library_init(ARES_LIB_INIT_ALL);
	if (error == ARES_SUCCESS)
		error = ares_init_options(
		    &dns->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
	return error == ARES_SUCCESS && config->servers != NULL ? set_servers(dns, config->servers) : error;
}

static bool
is_loopback(const struct ares_addr_port_node *server)
{
	const unsigned char *octets = (const unsigned char *)&server->addr;
	return server->family == AF_INET ? octets[0] == 127 : IN6_IS_ADDR_LOOPBACK(octets);
}

/* Are all name servers, of the configuration or of /etc/resolv.conf, on this machine? */
static bool
is_local(const struct dns *dns)
{
	struct ares_addr_port_node *servers = NULL;
	bool local = ares_get_servers_ports(dns->channel, &servers) == ARES_SUCCESS && servers != NULL;
	for (const struct ares_addr_port_node *at = servers; at != NULL; at = at->next)
		local = local && is_loopback(at);
	ares_free_data(servers);
	return local;
}

bool
dns_servers_are_local(const char *servers)
{
	struct dns dns = { 0 };
	const struct dns_config config = { .servers = servers };
	bool local = open_channel(&dns, &config) == ARES_SUCCESS && is_local(&dns);
	ares_destroy(dns.channel);
	return local;
}

int
dns_open(struct dns *dns, uv_loop_t *loop, const struct dns_config *config, void (*after)(struct dns *dns))
{
	*dns = (struct dns) { .resolver = { .ask = ask }, .loop = loop, .after = after, .timeout = config->timeout };
	int error = uv_timer_init(loop, &dns->timer);
	if (error < 0)
		return error;
	dns->timer.data = dns;
	dns->cache = dns_cache_new();
	int trouble = dns->cache == NULL ? ARES_ENOMEM : open_channel(dns, config);
	if (trouble != ARES_SUCCESS) {
		log_event("dns-failed", "detail", ares_strerror(trouble), NULL);
		dns_close(dns);
	} else {
		dns->resolver.local = is_local(dns);
	}
	return 0;
}

void
dns_close(struct dns *dns)
{
	ares_channel channel = dns->channel;
	dns->channel = NULL;
	uv_timer_stop(&dns->timer);
	while (dns->first != NULL)
		expire_first(dns);
	ares_destroy(channel);
	dns_cache_free(dns->cache);
	dns->cache = NULL;
}
