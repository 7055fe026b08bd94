/* The process that sends the messages of the relay queue: connects queue, DNS, connections and DSNs. */
#include "cmd/smtpd/queue_process.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/log/log.h"
#include "base/system/data.h"
#include "peer/dial.h"
#include "peer/dns.h"
#include "relay/client/dnssec_check.h"
#include "relay/client/socketmap.h"
#include "relay/lmtp_delivery.h"
#include "relay/queue_manager.h"
#include "store/maildir_delivery.h"

enum {
	OWN_MAX = 64,    /* addresses of this machine */
	CONNECT = 30000, /* milliseconds for a connection, at most */
	WHOLE = 3600000, /* and for a delivery */
	MEASURE = 1000,  /* milliseconds between two looks at the length of the queue */
	DNSSEC = 600000, /* and between two questions whether the name servers validate */
};

/* The process has one of each. */
static struct worker_env env;
static struct maildir_agent agent;
static struct lmtp_agent lmtp; /* in front of it, for mailboxes at other servers */
static struct dial dial;
static struct client_pool pool;
static struct dns dns;
static struct dnssec_check dnssec;
static struct socketmap *policies;
static struct queue_manager_config config;
static struct queue_manager *manager;
static struct network own[OWN_MAX];
static uv_fs_event_t entries, wishes;
static uv_timer_t alarm_timer, measure_timer, dnssec_timer;
static char queue[PATH_MAX], wish_folder[PATH_MAX];

static int64_t
now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static int64_t
seconds(void)
{
	return time(NULL);
}

static struct ftg_voice
voice(void *context, const char *language)
{
	(void)context;
	struct ftg_voice spoken = env.worker.catalogs.source.voice;
	ftg_lang found = *language == '\0' || spoken.catalog == NULL ? -1 : ftg_catalog_find(spoken.catalog, language);
	if (found >= 0)
		spoken.language = found;
	return spoken;
}

static void
on_alarm(uv_timer_t *timer)
{
	(void)timer;
	queue_manager_turn(manager);
}

static void
on_measure(uv_timer_t *timer)
{
	(void)timer;
	queue_manager_measure(manager);
}

static void
on_dnssec(uv_timer_t *timer)
{
	(void)timer;
	dnssec_check_ask(&dnssec);
}

static void
set_alarm(void *context, int64_t wait)
{
	(void)context;
	uv_timer_start(&alarm_timer, on_alarm, (uint64_t)wait, 0);
}

static void
on_stopped(void *context)
{
	(void)context;
	uv_stop(&env.worker.loop);
}

static void
on_last_call(struct worker *worker)
{
	(void)worker;
	dial_stop(&dial);
}

/* Attempts under way may finish, except in the last seconds of the grace. */
static void
on_stop(struct streams *streams)
{
	(void)streams;
	queue_manager_stop(manager);
}

static void
on_entry(uv_fs_event_t *handle, const char *name, int events, int status)
{
	char id[QUEUE_ID_SIZE];
	(void)handle;
	(void)events;
	if (status == 0 && name != NULL && queue_id_of(id, name))
		queue_manager_entry_changed(manager, id);
}

static void
on_wish(uv_fs_event_t *handle, const char *name, int events, int status)
{
	(void)handle;
	(void)name;
	(void)events;
	if (status == 0)
		queue_manager_run_requested(manager);
}

static void
on_answers(struct dns *dns_)
{
	(void)dns_;
}

/* The addresses of this machine, so that mail is not relayed in a loop to itself. */
static size_t
find_own(void)
{
	struct ifaddrs *list, *at;
	size_t count = 0;
	if (getifaddrs(&list) < 0) {
		log_event("own-addresses-unknown", "detail", strerror(errno), NULL);
		return 0;
	}
	for (at = list; at != NULL && count < OWN_MAX; at = at->ifa_next) {
		struct network *address = &own[count];
		if (at->ifa_addr == NULL)
			continue;
		*address = (struct network) { .octets = { [10] = 0xFF, [11] = 0xFF }, .bits = NETWORK_BITS };
		if (at->ifa_addr->sa_family == AF_INET)
			memcpy(address->octets + 12, &((struct sockaddr_in *)(void *)at->ifa_addr)->sin_addr, 4);
		else if (at->ifa_addr->sa_family == AF_INET6)
			memcpy(address->octets, &((struct sockaddr_in6 *)(void *)at->ifa_addr)->sin6_addr, 16);
		else
			continue;
		count++;
	}
	freeifaddrs(list);
	return count;
}

static struct transport_times
times_of(const struct relay_settings *settings)
{
	int reply = (int)settings->timeout;
	return (struct transport_times) {
		.connect = reply < CONNECT ? reply : CONNECT, .reply = reply, .end = 2 * reply, .whole = WHOLE
	};
}

/* The verdict of a name server on this machine cannot be forged on the way. */
static bool
uses_dane(const struct relay_settings *settings)
{
	return settings->dane == RELAY_DANE_YES || (settings->dane == RELAY_DANE_AUTO && dns.resolver.local);
}

static struct queue_manager_config
config_of(const struct serve *serve, unsigned number)
{
	const struct relay_settings *relay = &serve->settings->config->relay;
	return (struct queue_manager_config) {
		.queue = agent.queue,
		.world = { .resolver = &dns.resolver,
		    .hostname = serve->settings->hostname,
		    .own = own,
		    .own_count = find_own(),
		    .policies = socketmap_policies(policies),
		    .dane = uses_dane(relay) },
		.routes = &serve->settings->routes,
		.pool = &pool,
		.jobs = pools_disk(&env.worker.pools),
		.directory = env.directory,
		.delivery = &lmtp.agent,
		.stores = &lmtp.stores,
		.contact = env.config.catalogs.contact,
		.locale = env.locale,
		.times = times_of(relay),
		.retry = relay->retry / 1000,
		.retry_max = relay->retry_max / 1000,
		.expire = relay->expire / 1000,
		.delay_notice = relay->delay_notice / 1000,
		.max_deliveries = (unsigned)relay->max_deliveries,
		.max_per_server = (unsigned)relay->max_per_server,
		.stats = &serve->stats->slot[number],
		.figures = &serve->stats->queue,
		.now = now,
		.voice = voice,
		.alarm = set_alarm,
		.stopped = on_stopped,
	};
}

/* Entries without an event are found when the folder is read again. */
static int
open_events(void)
{
	uv_loop_t *loop = &env.worker.loop;
	int error = uv_timer_init(loop, &alarm_timer);
	if (error == 0)
		error = uv_timer_init(loop, &measure_timer);
	if (error == 0)
		error = uv_timer_init(loop, &dnssec_timer);
	if (error == 0)
		error = uv_fs_event_init(loop, &entries);
	if (error == 0)
		error = uv_fs_event_init(loop, &wishes);
	if (error < 0)
		return error;
	int watched = uv_fs_event_start(&entries, on_entry, queue, 0);
	if (watched == 0)
		watched = uv_fs_event_start(&wishes, on_wish, wish_folder, 0);
	if (watched < 0)
		log_event("queue-unwatched", "detail", uv_strerror(watched), NULL);
	return 0;
}

/* Only who has demanded DANE is warned by the figure. A process that ended may have left it. */
static void
start_dnssec_check(const struct relay_settings *settings)
{
	dnssec = (struct dnssec_check) { .resolver = &dns.resolver,
		.figures = settings->dane == RELAY_DANE_YES ? config.figures : NULL };
	config.figures->dnssec_missing = false;
	if (config.world.dane)
		uv_timer_start(&dnssec_timer, on_dnssec, 0, DNSSEC);
}

static int
open_policies(const struct relay_settings *settings)
{
	struct socketmap_place place;
	if (settings->tls_policy == NULL || !socketmap_parse(&place, settings->tls_policy))
		return 0;
	policies = socketmap_new(&dial.dialer, &place);
	return policies != NULL ? 0 : -1;
}

static int
run(const struct serve *serve, unsigned number)
{
	const struct dns_settings *settings = &serve->settings->config->dns;
	const struct dns_config names = { .servers = settings->servers, .timeout = settings->timeout };
	int error = dns_open(&dns, &env.worker.loop, &names, on_answers);
	if (error == 0)
		error = open_events();
	if (error < 0)
		return worker_env_fail("loop", uv_strerror(error));
	if (open_policies(&serve->settings->config->relay) < 0)
		return worker_env_fail("tls-policy", strerror(ENOMEM));
	config = config_of(serve, number);
	manager = queue_manager_new(&config);
	if (manager == NULL)
		return worker_env_fail("manager", strerror(ENOMEM));
	queue_manager_start(manager);
	uv_timer_start(&measure_timer, on_measure, MEASURE, MEASURE);
	start_dnssec_check(&serve->settings->config->relay);
	int status = worker_env_run(&env, NULL);
	socketmap_free(policies);
	dns_close(&dns);
	return status;
}

/* Without sockets and a certificate. */
static int
open_env(const struct serve *serve, const struct worker_slot *slot)
{
	static struct settings settings;
	struct serve alone = *serve;
	settings = *serve->settings;
	settings.tls_cert[0] = settings.tls_key[0] = '\0';
	alone.settings = &settings;
	alone.socket_count = 0;
	alone.metrics_socket = alone.status_socket = -1;
	int status = worker_env_open(&env, &alone, slot);
	env.worker.streams.emptied = on_stop;
	env.worker.last_call = on_last_call;
	return status;
}

static void
open_lmtp(const struct settings *settings)
{
	lmtp = (struct lmtp_agent) {
		.spool = &agent.agent,
		.route = &settings->routes.mailboxes,
		.hostname = settings->hostname,
		.timeout = settings->config->delivery.timeout,
		.retry = settings->config->relay.retry / 1000,
		.now = seconds,
		.stats = worker_stats(&env.worker),
	};
	lmtp_agent_open(&lmtp, &pool, &env.worker.clock.clock);
}

int
relay_work(const struct serve *serve, const struct worker_slot *slot)
{
	char error[SECTION_ERROR_SIZE];
	int status = open_env(serve, slot);
	if (status != EX_OK)
		return status;
	if (data_path(queue, serve->data, "queue") < 0 || data_path(wish_folder, queue, "run") < 0)
		return worker_env_fail("data", strerror(errno));
	if (maildir_agent_open(&agent, env.mail, queue, serve->settings->hostname) < 0)
		return worker_env_fail(queue, strerror(errno));
	agent.min_free = serve->settings->limits.min_free;
	agent.stats = worker_stats(&env.worker);
	if (dial_open(&dial, &env.worker.loop) < 0)
		return worker_env_fail("dial", strerror(errno));
	dial.stats = worker_stats(&env.worker);
	(void)source_addresses_read(&dial.source, serve->settings->config->relay.source, error);
	client_pool_open(&pool, &dial.dialer, pools_disk(&env.worker.pools));
	open_lmtp(serve->settings);
	status = run(serve, slot->number);
	client_pool_close(&pool);
	dial_close(&dial);
	lmtp_agent_close(&lmtp);
	worker_env_close(&env);
	queue_manager_free(manager);
	maildir_agent_close(&agent);
	return status;
}
