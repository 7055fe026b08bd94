/* The environment of a worker of any server: loop, catalogue, directory, limits, SASL. */
#include "cmd/server/worker_env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/log/log.h"
#include "base/system/data.h"
#include "base/system/program.h"
#include "cmd/server/text_follower.h"
#include "directory/postgres/directory.h"
#include "directory/sqlite/directory.h"
#include "session/password.h"

int
worker_env_fail(const char *what, const char *why)
{
	log_event("start-failed", "what", what, "detail", why, NULL);
	log_flush();
	return EX_OSERR;
}

static bool
find_paths(struct worker_env *env, const char *data)
{
	program_locale_folder(env->locale);
	return data_path(env->overlay, data, "locale") == 0 && data_path(env->mail, data, "mail") == 0 &&
	    data_path(env->database, data, "ftgate.db") == 0;
}

static const char *
file_or_none(const char *file)
{
	return *file != '\0' ? file : NULL;
}

/* The contact of the texts: by default the postmaster, whom each domain has (RFC 5321 section 4.5.1). */
static const char *
contact_of(const struct settings *settings)
{
	static char contact[sizeof settings->hostname + sizeof "postmaster@"];
	if (settings->contact[0] != '\0')
		return settings->contact;
	snprintf(contact, sizeof contact, "postmaster@%s", settings->hostname);
	return contact;
}

static const char *
postmaster_text(const struct settings *settings)
{
	static char text[ADDRESS_TEXT_SIZE];
	text[0] = '\0';
	if (settings->postmaster.domain[0] != '\0')
		address_write(text, settings->postmaster.local, settings->postmaster.domain);
	return text;
}

static struct worker_config
config_of(struct worker_env *env, const struct serve *serve)
{
	return (struct worker_config) {
		.catalogs = {
			.locale = env->locale,
			.overlay = env->overlay,
			.language = serve->settings->language,
			.bilingual = serve->settings->bilingual,
			.profile = serve->settings->profile,
			.host = serve->settings->hostname,
			.contact = contact_of(serve->settings),
			.help = serve->settings->help,
			.link = settings_link(serve->settings),
		},
		.sockets = serve->sockets,
		.modes = env->modes,
		.listeners = env->listeners,
		.postmaster = postmaster_text(serve->settings),
		.socket_count = serve->socket_count,
		.certificate = file_or_none(serve->settings->tls_cert),
		.key = file_or_none(serve->settings->tls_key),
		.tickets = serve->tickets,
		.server = settings_names(serve->settings->protocol)->server,
		.protocol = settings_names(serve->settings->protocol)->protocol,
		.metrics_socket = serve->metrics_socket,
		.status_socket = serve->status_socket,
		.stats = serve->stats,
		.limiter = &env->limiter,
		.workers = serve->settings->workers,
		.max_sessions = (unsigned)serve->settings->limits.max_sessions,
		.grace = serve->grace,
		.beat = serve->beat,
	};
}

static void
open_limiter(struct worker_env *env, const struct serve *serve, unsigned number)
{
	env->limiter = (struct limiter) {
		.counters = serve->counters,
		.clock = &env->worker.clock.clock,
		.limits = &serve->settings->limits,
		.worker = number,
	};
	limiter_open(&env->limiter);
}

static void
open_modes(struct worker_env *env, const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		env->modes[i] = (struct listen_mode) {
			.proxied = settings->listen[i].proxied,
			.encrypted = settings->listen[i].tls == CONFIG_TLS_IMPLICIT,
			.local = listen_is_path(settings->listen[i].address),
		};
}

static struct directory_settings
directory_settings_of(const struct settings *settings)
{
	struct directory_settings made = {
		.postmaster = settings->postmaster,
		.plus_addressing = settings->config->plus_addressing,
	};
	if (!address_parse_domain(made.hostname, settings->hostname, strlen(settings->hostname)))
		made.hostname[0] = '\0';
	return made;
}

static const char *
name_tls(const struct settings *settings, const struct listen_setting *listen)
{
	static const char *const names[] = {
		[CONFIG_TLS_STARTTLS] = "starttls",
		[CONFIG_TLS_REQUIRED] = "required",
		[CONFIG_TLS_IMPLICIT] = "implicit",
	};
	return settings->tls_cert[0] != '\0' ? names[listen->tls] : "none";
}

static void
open_listeners(struct worker_env *env, const struct serve *serve)
{
	const struct settings *settings = serve->settings;
	for (size_t i = 0; i < serve->socket_count; i++) {
		const struct listen_setting *listen = &settings->listen[i];
		const char *role = listen->submission ? "submission" : "mx";
		if (settings->protocol != CONFIG_SMTP)
			role = settings_names(settings->protocol)->protocol;
		env->listeners[i] = (struct status_listener) {
			.address = serve->names[i],
			.role = role,
			.tls = name_tls(settings, listen),
			.language = listen->language,
		};
	}
}

int
worker_env_open_loop(struct worker_env *env, const struct serve *serve, const struct worker_slot *slot)
{
	env->settings = serve->settings;
	if (!find_paths(env, serve->data))
		return worker_env_fail("data", strerror(errno));
	open_modes(env, serve->settings);
	open_listeners(env, serve);
	env->config = config_of(env, serve);
	int error = worker_open(&env->worker, &env->config, slot);
	if (error < 0)
		return worker_env_fail("loop", uv_strerror(error));
	open_limiter(env, serve, slot->number);
	if (slot->number == 0 && serve->settings->database[0] != '\0')
		env->texts = text_follower_open(&env->worker, serve, env->overlay);
	return EX_OK;
}

struct postgres_settings
worker_env_database(const struct settings *settings)
{
	return (struct postgres_settings) {
		.database = settings->database,
		.timeout = POSTGRES_TIMEOUT,
		.pooled = settings->config->database_pooler,
	};
}

/*
 * Opens the directory in PostgreSQL, and what the servers share. The database
 * need not be available yet. Errors have been logged.
 */
static int
open_postgres(struct worker_env *env, const struct settings *set, const struct directory_settings *addresses)
{
	char error[LIBPQ_ERROR_SIZE];
	struct postgres_settings settings = worker_env_database(set);
	const struct libpq *libpq = libpq_load(error);
	uv_loop_t *loop = &env->worker.loop;
	struct executor *executor = pools_disk(&env->worker.pools);
	if (libpq == NULL)
		return worker_env_fail("database", error);
	settings.lifetime = POSTGRES_LIFETIME;
	settings.stale = set->config->stale_for;
	settings.stats = worker_stats(&env->worker);
	env->directory = postgres_directory_new(libpq, &settings, addresses, loop, executor);
	if (env->directory == NULL)
		return worker_env_fail("database", strerror(errno));
	if (env->worker.slot.number > 0)
		return EX_OK;
	int failed = sharing_open(&env->sharing, libpq, &settings, loop, executor, &env->limiter, env->config.protocol);
	return failed == 0 ? EX_OK : worker_env_fail("database", uv_strerror(failed));
}

static int
open_directory(struct worker_env *env, const struct settings *settings)
{
	const struct directory_settings addresses = directory_settings_of(settings);
	if (settings->database[0] != '\0')
		return open_postgres(env, settings, &addresses);
	env->directory = sqlite_directory_new(
	    env->database, &addresses, &env->worker.clock.clock, pools_disk(&env->worker.pools));
	return env->directory != NULL ? EX_OK : worker_env_fail(env->database, strerror(errno));
}

int
worker_env_open(struct worker_env *env, const struct serve *serve, const struct worker_slot *slot)
{
	int status = worker_env_open_loop(env, serve, slot);
	if (status != EX_OK)
		return status;
	status = open_directory(env, serve->settings);
	if (status != EX_OK)
		return status;
	env->sasl = sasl_server_new(serve->secret, password_verify);
	if (env->sasl == NULL)
		return worker_env_fail("auth", strerror(ENOMEM));
	return EX_OK;
}

int
worker_env_run(struct worker_env *env, const struct protocol *const *protocols)
{
	int error = worker_run(&env->worker, protocols);
	return error < 0 ? worker_env_fail("listen", uv_strerror(error)) : EX_OK;
}

void
worker_env_close(struct worker_env *env)
{
	worker_close(&env->worker); /* ends the process if a session still waits for a job */
	text_follower_close(env->texts);
	if (env->directory != NULL)
		env->directory->ops->close(env->directory);
	sharing_close(&env->sharing);
	sasl_server_free(env->sasl);
}
