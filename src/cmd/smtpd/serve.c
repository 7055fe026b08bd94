/* A worker of the SMTP server: connects delivery, policy, sessions and listeners. */
#include "cmd/smtpd/serve.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/system/data.h"
#include "cmd/smtpd/service.h"
#include "cmd/smtpd/services.h"
#include "directory/postgres/greylist.h"
#include "directory/sqlite/greylist.h"
#include "peer/dial.h"
#include "peer/dns.h"
#include "port/blocklist.h"
#include "port/greylist.h"
#include "relay/lmtp_delivery.h"
#include "session/srs_file.h"
#include "store/maildir.h"
#include "store/maildir_delivery.h"

enum {
	SWEEP_TIME = 24 * 60 * 60 * 1000, /* milliseconds from the end of a sweep to the next one */
};

/* A worker process has one of each. */
static struct worker_env env;
static struct maildir_agent agent;
static struct lmtp_agent lmtp; /* in front of it, for mailboxes at other servers */
static struct dial dial;
static struct client_pool pool;
static struct smtp_service services[LISTEN_MAX];
static struct job sweeping;
static uv_timer_t sweep_timer;
static struct dns dns;
static struct blocklists blocklists;
static struct services asked;
static struct greylist greylist; /* store NULL: none */
static struct srs srs;           /* path "": none */

static int64_t
now(void)
{
	return time(NULL);
}

/* The store of greylisting: the one that the servers of a database share, or that of this machine. */
static struct greylist_store *
new_greylist_store(const struct serve *serve, int64_t max_size)
{
	char path[PATH_MAX], error[LIBPQ_ERROR_SIZE];
	const struct postgres_settings database = worker_env_database(serve->settings);
	if (database.database[0] != '\0')
		return postgres_greylist_new(libpq_load(error), &database, max_size, greylist.secret, &env.worker.loop,
		    pools_disk(&env.worker.pools));
	if (data_secret(serve->data, "greylist-secret", greylist.secret, sizeof greylist.secret) == 0 &&
	    data_path(path, serve->data, "greylist.db") == 0)
		return greylist_sqlite_new(path, max_size);
	return NULL;
}

/* Opens nothing if greylisting is off. */
static bool
open_greylist(const struct serve *serve)
{
	const struct greylist_settings *settings = &serve->settings->config->greylist;
	if (!settings->enabled)
		return true;
	greylist = (struct greylist) {
		.rules = { settings->delay / 1000, settings->window / 1000, settings->lifetime / 1000,
		    settings->passes },
		.suspects = settings->suspects,
		.executor = pools_executor(&env.worker.pools, JOB_GREYLIST),
	};
	greylist.store = new_greylist_store(serve, settings->max_size);
	return greylist.store != NULL;
}

static bool
open_srs(const struct serve *serve)
{
	const struct relay_settings *settings = &serve->settings->config->relay;
	return !settings->srs || srs_open(&srs, serve->data, settings->srs_domain, now()) == 0;
}

static void
close_greylist(void)
{
	if (greylist.store != NULL)
		greylist.store->ops->close(greylist.store);
}

static void
on_answers(struct dns *dns_)
{
	(void)dns_;
	streams_run_ready(&env.worker.streams);
}

/* The zones were checked when the configuration was read. */
static int
open_dns(const struct config *config)
{
	const struct dns_config settings = { .servers = config->dns.servers, .timeout = config->dns.timeout };
	char error[SECTION_ERROR_SIZE];
	if (config->blocklists.zones != NULL)
		blocklists_read(&blocklists, config->blocklists.zones, error);
	return dns_open(&dns, &env.worker.loop, &settings, on_answers);
}

static void
on_dialled(struct dial *dial_)
{
	(void)dial_;
	streams_run_ready(&env.worker.streams);
}

static void
on_last_call(struct worker *worker)
{
	(void)worker;
	dial_stop(&dial);
}

static bool
open_lmtp(const struct settings *settings)
{
	lmtp = (struct lmtp_agent) {
		.spool = &agent.agent,
		.route = &settings->routes.mailboxes,
		.hostname = settings->hostname,
		.timeout = settings->config->delivery.timeout,
		.retry = settings->config->relay.retry / 1000,
		.now = now,
		.stats = worker_stats(&env.worker),
	};
	if (dial_open(&dial, &env.worker.loop) < 0)
		return false;
	dial.after = on_dialled;
	dial.stats = worker_stats(&env.worker);
	client_pool_open(&pool, &dial.dialer, pools_disk(&env.worker.pools));
	lmtp_agent_open(&lmtp, &pool, &env.worker.clock.clock);
	env.worker.last_call = on_last_call;
	return true;
}

static void
close_lmtp(void)
{
	client_pool_close(&pool);
	dial_close(&dial);
	lmtp_agent_close(&lmtp);
}

static void
open_service(const struct settings *settings, const struct listen_setting *listen, struct smtp_service *service)
{
	service->config = (struct smtp_config) {
		.hostname = settings->hostname,
		.profile = settings->profile,
		.max_message_size = (size_t)settings->limits.max_message_size,
		.max_recipients = (unsigned)settings->limits.max_recipients,
		.max_hops = (unsigned)settings->limits.max_hops,
		.max_errors = (unsigned)settings->limits.max_errors,
		.max_unknown = (unsigned)settings->limits.max_unknown_recipients,
		.max_relay = (unsigned)settings->limits.max_relay_attempts,
		.tarpit_delay = settings->limits.tarpit_delay,
		.normalise = settings->normalise,
		.header_check = (enum content_whose)settings->config->content.header_check,
		.remove_forged = settings->config->content.remove_forged,
		.body_check = settings->config->content.body_check,
		.max_header_addresses = (unsigned)settings->config->content.max_header_addresses,
		.tls_required = listen->tls == CONFIG_TLS_REQUIRED,
		.auth_required = listen->submission,
		.plain_in_clear = settings->auth_in_clear,
		.mechanisms = settings->mechanisms,
		.sasl = settings->mechanisms != 0 ? env.sasl : NULL,
		.content_rules = settings->content_rules,
		.inspector = pools_executor(&env.worker.pools, JOB_INSPECTION),
		.hasher = pools_executor(&env.worker.pools, JOB_PASSWORD),
		.stats = env.worker.streams.host.stats,
		.limiter = &env.limiter,
		.now = now,
		.vrfy = settings->vrfy,
		.expn = settings->expn,
		.etrn = settings->etrn,
		.dsn_anyone = settings->config->dsn_anyone,
		.router = &settings->routes.router,
		.services = asked.policy,
		.service_count = asked.service_count,
		.scanners = asked.scanners,
		.scanner_count = asked.scanner_count,
		.directory = env.directory,
		.delivery = &lmtp.agent,
		.executor = pools_disk(&env.worker.pools),
		.spreader = pools_executor(&env.worker.pools, JOB_SPREADING),
	};
	service->config.policy = settings->config->policy;
	service->config.greylist = greylist.store != NULL ? &greylist : NULL;
	service->config.srs = srs.path[0] != '\0' ? &srs : NULL;
	service->config.blocklists = &blocklists;
	service->config.blocklist_threshold = (int)settings->config->blocklists.threshold;
	service->config.blocklist_stage = (enum blocklist_stage)settings->config->blocklists.refuse_at;
	service->config.resolver = &dns.resolver;
	service->config.xlang = settings->xlang;
	service->config.xlang_utf8 = settings->xlang_utf8;
	service->utf8 = settings->xlang_utf8;
	service->language = listen->language;
	smtp_service_open(service, &settings->limits);
}

static void
sweep_work(struct job *job)
{
	(void)job;
	if (mail_folder_check(&agent.mail) == 0)
		maildir_sweep(agent.mail.descriptor, time(NULL));
	queue_sweep(&agent.queue, time(NULL));
}

static void
on_sweep_time(uv_timer_t *timer)
{
	struct executor *disk = pools_disk(&env.worker.pools);
	(void)timer;
	disk->start(disk, &sweeping);
}

/* Starting a timer that is being closed has no effect. */
static void
sweep_done(struct job *job)
{
	(void)job;
	uv_timer_start(&sweep_timer, on_sweep_time, SWEEP_TIME, 0);
}

/* Removes the temporary files of interrupted deliveries, now and once a day. */
static void
start_sweeping(void)
{
	sweeping = (struct job) { .work = sweep_work, .done = sweep_done };
	if (uv_timer_init(&env.worker.loop, &sweep_timer) == 0)
		on_sweep_time(&sweep_timer);
}

static int
run(const struct settings *settings, bool sweep)
{
	const struct protocol *protocols[LISTEN_MAX];
	for (size_t i = 0; i < settings->listen_count; i++) {
		open_service(settings, &settings->listen[i], &services[i]);
		protocols[i] = &services[i].protocol;
	}
	if (sweep)
		start_sweeping();
	return worker_env_run(&env, protocols);
}

/* Worker 0 sweeps for all. */
int
serve_work(const struct serve *serve, const struct worker_slot *slot)
{
	char queue[PATH_MAX];
	int status = worker_env_open(&env, serve, slot);
	if (status != EX_OK)
		return status;
	if (data_path(queue, serve->data, "queue") < 0 ||
	    maildir_agent_open(&agent, env.mail, queue, serve->settings->hostname) < 0)
		return worker_env_fail(env.mail, strerror(errno));
	if (!open_lmtp(serve->settings))
		return worker_env_fail("lmtp", strerror(errno));
	if (services_open(&asked, &env.worker, serve->settings->config) < 0)
		return worker_env_fail("services", strerror(errno));
	if (!open_greylist(serve))
		return worker_env_fail("greylist", strerror(errno));
	if (!open_srs(serve))
		return worker_env_fail(SRS_FILE, strerror(errno));
	int error = open_dns(serve->settings->config);
	if (error < 0)
		return worker_env_fail("dns", uv_strerror(error));
	agent.min_free = serve->settings->limits.min_free;
	agent.stats = worker_stats(&env.worker);
	status = run(serve->settings, slot->number == 0);
	dns_close(&dns);
	close_lmtp();
	worker_env_close(&env);
	services_close(&asked);
	close_greylist();
	srs_close(&srs);
	maildir_agent_close(&agent);
	return status;
}
