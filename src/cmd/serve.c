/* What a worker of the SMTP server does: brings directory, delivery, sessions and connections together. */
#include "cmd/serve.h"

#include <errno.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/blocklist.h"
#include "base/data.h"
#include "base/guard.h"
#include "base/job_queue.h"
#include "base/log.h"
#include "base/program.h"
#include "cmd/advisers.h"
#include "cmd/smtp_service.h"
#include "mail/greylist_sqlite.h"
#include "mail/maildir.h"
#include "mail/maildir_delivery.h"
#include "mail/password.h"
#include "mail/sqlite_directory.h"
#include "net/dns.h"
#include "net/worker.h"

enum {
	INSPECTIONS = 4, /* of messages at a time, of the JOBS_THREADS; the others are for the disk */
	HASHES = 2,      /* passwords that are checked at a time; each takes a thread for some 30 milliseconds */
	SWEEP_TIME = 24 * 60 * 60 * 1000, /* milliseconds from the end of a sweep to the next one */
};

/* A worker process has one of each. */
static struct worker worker;
static struct maildir_agent agent;
static struct smtp_service services[LISTEN_MAX];
static struct listen_mode modes[LISTEN_MAX];
static struct guard guard;
static struct job sweeping;
static uv_timer_t sweep_timer;
static struct sasl_server *sasl;
static struct job_queue hasher, inspector;
static struct dns dns;
static struct blocklists blocklists;
static struct advisers advisers;
static struct greylist greylist; /* store NULL: none */
static struct job_queue greylist_jobs;
static char locale[PATH_MAX], overlay[PATH_MAX], mail[PATH_MAX], queue[PATH_MAX], database[PATH_MAX];

static int
fail(const char *what, const char *why)
{
	log_event("start-failed", "what", what, "detail", why, NULL);
	log_flush();
	return EX_OSERR;
}

static int64_t
now(void)
{
	return time(NULL);
}

static bool
find_paths(const char *data)
{
	program_locale_folder(locale);
	return data_path(overlay, data, "locale") == 0 && data_path(mail, data, "mail") == 0 && data_path(queue, data, "queue") == 0 &&
	    data_path(database, data, "ftgate.db") == 0;
}

static const char *
file_or_none(const char *file)
{
	return *file != '\0' ? file : NULL;
}

/* Whom the texts name when nobody is named: there is always a postmaster (RFC 5321 4.5.1). */
static const char *
contact_of(const struct settings *settings)
{
	static char contact[sizeof settings->hostname + sizeof "postmaster@"];
	if (settings->contact[0] != '\0')
		return settings->contact;
	snprintf(contact, sizeof contact, "postmaster@%s", settings->hostname);
	return contact;
}

static struct worker_config
config_of(const struct serve *serve)
{
	return (struct worker_config) {
		.texts = {
			.locale = locale,
			.overlay = overlay,
			.language = serve->settings->language,
			.bilingual = serve->settings->bilingual,
			.profile = serve->settings->profile,
			.host = serve->settings->hostname,
			.contact = contact_of(serve->settings),
			.help = serve->settings->help,
		},
		.sockets = serve->sockets,
		.modes = modes,
		.socket_count = serve->socket_count,
		.certificate = file_or_none(serve->settings->tls_cert),
		.key = file_or_none(serve->settings->tls_key),
		.metrics_socket = serve->metrics_socket,
		.status_socket = serve->status_socket,
		.figures = serve->figures,
		.guard = &guard,
		.workers = serve->settings->workers,
		.max_sessions = (unsigned)serve->settings->limits.max_sessions,
		.grace = serve->grace,
	};
}

static void
open_guard(const struct serve *serve, unsigned number)
{
	guard = (struct guard) {
		.counters = serve->counters,
		.clock = &worker.clock.clock,
		.limits = &serve->settings->limits,
		.worker = number,
	};
	guard_open(&guard);
}

static void
open_modes(const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		modes[i] = (struct listen_mode) {
			.proxied = settings->listen[i].proxied,
			.encrypted = settings->listen[i].tls == CONFIG_TLS_IMPLICIT,
		};
}

static bool
open_auth(const struct serve *serve)
{
	job_queue_open(&hasher, &worker.jobs.runner, HASHES);
	job_queue_open(&inspector, &worker.jobs.runner, INSPECTIONS);
	sasl = sasl_server_new(serve->secret, password_verify);
	return sasl != NULL;
}

/* Where it is off, nothing is opened. */
static bool
open_greylist(const struct serve *serve)
{
	const struct greylist_settings *settings = &serve->settings->config->greylist;
	char path[PATH_MAX];
	if (!settings->enabled)
		return true;
	job_queue_open(&greylist_jobs, &worker.jobs.runner, 1);
	greylist = (struct greylist) {
		.rules = { settings->delay / 1000, settings->window / 1000, settings->lifetime / 1000,
		    settings->passes },
		.runner = &greylist_jobs.runner,
	};
	memcpy(greylist.secret, serve->greylist_secret, sizeof greylist.secret);
	if (data_path(path, serve->data, "greylist.db") == 0)
		greylist.store = greylist_sqlite_new(path, settings->max_size);
	return greylist.store != NULL;
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
	streams_run_ready(&worker.streams);
}

/* The lists have been found sound when the configuration was read. */
static int
open_dns(const struct config *config)
{
	const struct dns_config settings = { .servers = config->dns.servers, .timeout = config->dns.timeout };
	char error[SECTION_ERROR_SIZE];
	if (config->blocklists.zones != NULL)
		blocklists_read(&blocklists, config->blocklists.zones, error);
	return dns_open(&dns, &worker.loop, &settings, on_answers);
}

static void
open_service(const struct settings *settings, const struct listen_setting *listen, struct smtp_service *service,
    struct directory *directory)
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
		.body_check = settings->config->content.body_check,
		.max_header_addresses = (unsigned)settings->config->content.max_header_addresses,
		.tls_required = listen->tls == CONFIG_TLS_REQUIRED,
		.auth_required = listen->submission,
		.plain_in_clear = settings->auth_in_clear,
		.mechanisms = settings->mechanisms,
		.sasl = settings->mechanisms != 0 ? sasl : NULL,
		.content_rules = settings->content_rules,
		.inspector = &inspector.runner,
		.hasher = &hasher.runner,
		.figures = worker.streams.figures,
		.guard = &guard,
		.now = now,
		.vrfy = settings->vrfy,
		.expn = settings->expn,
		.etrn = settings->etrn,
		.services = advisers.services,
		.service_count = advisers.service_count,
		.directory = directory,
		.delivery = &agent.agent,
		.runner = &worker.jobs.runner,
	};
	service->config.policy = settings->config->policy;
	service->config.greylist = greylist.store != NULL ? &greylist : NULL;
	service->config.blocklists = &blocklists;
	service->config.blocklist_threshold = (int)settings->config->blocklists.threshold;
	service->config.blocklist_stage = (enum blocklist_stage)settings->config->blocklists.refuse_at;
	service->config.resolver = &dns.resolver;
	service->config.xlang = settings->xlang;
	service->utf8 = settings->xlang_utf8;
	service->language = listen->language;
	smtp_service_open(service, &settings->limits);
}

static void
sweep_work(struct job *job)
{
	(void)job;
	maildir_sweep(agent.folder, time(NULL));
	queue_sweep(&agent.queue, time(NULL));
}

static void
on_sweep_time(uv_timer_t *timer)
{
	(void)timer;
	worker.jobs.runner.start(&worker.jobs.runner, &sweeping);
}

/* Nothing happens where the timer is being closed. */
static void
sweep_done(struct job *job)
{
	(void)job;
	uv_timer_start(&sweep_timer, on_sweep_time, SWEEP_TIME, 0);
}

/* Clears what interrupted deliveries have left, now and once a day. */
static void
start_sweeping(void)
{
	sweeping = (struct job) { .work = sweep_work, .done = sweep_done };
	if (uv_timer_init(&worker.loop, &sweep_timer) == 0)
		on_sweep_time(&sweep_timer);
}

static int
run(const struct settings *settings, struct directory *directory, bool sweep)
{
	const struct protocol *protocols[LISTEN_MAX];
	for (size_t i = 0; i < settings->listen_count; i++) {
		open_service(settings, &settings->listen[i], &services[i], directory);
		protocols[i] = &services[i].protocol;
	}
	if (sweep)
		start_sweeping();
	int error = worker_run(&worker, protocols);
	return error < 0 ? fail("listen", uv_strerror(error)) : EX_OK;
}

/* One of the workers sweeps for all. */
int
serve_work(const struct serve *serve, const struct master_place *place)
{
	if (!find_paths(serve->data))
		return fail("data", strerror(errno));
	open_modes(serve->settings);
	const struct worker_config config = config_of(serve);
	int error = worker_open(&worker, &config, place);
	if (error < 0)
		return fail("loop", uv_strerror(error));
	if (maildir_agent_open(&agent, mail, queue, serve->settings->hostname) < 0)
		return fail(mail, strerror(errno));
	struct directory *directory = sqlite_directory_new(database, &worker.clock.clock);
	if (directory == NULL)
		return fail(database, strerror(errno));
	if (!open_auth(serve))
		return fail("auth", strerror(ENOMEM));
	if (advisers_open(&advisers, &worker, serve->settings->config) < 0)
		return fail("services", strerror(errno));
	if (!open_greylist(serve))
		return fail("greylist", strerror(errno));
	error = open_dns(serve->settings->config);
	if (error < 0)
		return fail("dns", uv_strerror(error));
	agent.min_free = serve->settings->limits.min_free;
	open_guard(serve, place->number);
	int status = run(serve->settings, directory, place->number == 0);
	dns_close(&dns);
	directory->ops->close(directory);
	worker_close(&worker);
	advisers_close(&advisers);
	close_greylist();
	maildir_agent_close(&agent);
	sasl_server_free(sasl);
	return status;
}
