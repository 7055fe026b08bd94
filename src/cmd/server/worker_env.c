/* What a worker of any server has: loop and catalogue, directory, limits, and who checks logins. */
#include "cmd/server/worker_env.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/data.h"
#include "base/log.h"
#include "base/program.h"
#include "directory/sqlite/directory.h"
#include "session/password.h"

enum { HASHES = 2 }; /* passwords that are checked at a time; each takes a thread for some 30 milliseconds */

int
site_fail(const char *what, const char *why)
{
	log_event("start-failed", "what", what, "detail", why, NULL);
	log_flush();
	return EX_OSERR;
}

static bool
find_paths(struct site *site, const char *data)
{
	program_locale_folder(site->locale);
	return data_path(site->overlay, data, "locale") == 0 && data_path(site->mail, data, "mail") == 0 &&
	    data_path(site->database, data, "ftgate.db") == 0;
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
config_of(struct site *site, const struct serve *serve)
{
	return (struct worker_config) {
		.texts = {
			.locale = site->locale,
			.overlay = site->overlay,
			.language = serve->settings->language,
			.bilingual = serve->settings->bilingual,
			.profile = serve->settings->profile,
			.host = serve->settings->hostname,
			.contact = contact_of(serve->settings),
			.help = serve->settings->help,
		},
		.sockets = serve->sockets,
		.modes = site->modes,
		.socket_count = serve->socket_count,
		.certificate = file_or_none(serve->settings->tls_cert),
		.key = file_or_none(serve->settings->tls_key),
		.metrics_socket = serve->metrics_socket,
		.status_socket = serve->status_socket,
		.figures = serve->figures,
		.guard = &site->guard,
		.workers = serve->settings->workers,
		.max_sessions = (unsigned)serve->settings->limits.max_sessions,
		.grace = serve->grace,
	};
}

static void
open_guard(struct site *site, const struct serve *serve, unsigned number)
{
	site->guard = (struct guard) {
		.counters = serve->counters,
		.clock = &site->worker.clock.clock,
		.limits = &serve->settings->limits,
		.worker = number,
	};
	guard_open(&site->guard);
}

static void
open_modes(struct site *site, const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		site->modes[i] = (struct listen_mode) {
			.proxied = settings->listen[i].proxied,
			.encrypted = settings->listen[i].tls == CONFIG_TLS_IMPLICIT,
		};
}

int
site_open(struct site *site, const struct serve *serve, const struct master_place *place)
{
	site->settings = serve->settings;
	if (!find_paths(site, serve->data))
		return site_fail("data", strerror(errno));
	open_modes(site, serve->settings);
	site->config = config_of(site, serve);
	int error = worker_open(&site->worker, &site->config, place);
	if (error < 0)
		return site_fail("loop", uv_strerror(error));
	site->directory = sqlite_directory_new(site->database, &site->worker.clock.clock);
	if (site->directory == NULL)
		return site_fail(site->database, strerror(errno));
	job_queue_open(&site->hasher, &site->worker.jobs.runner, HASHES);
	site->sasl = sasl_server_new(serve->secret, password_verify);
	if (site->sasl == NULL)
		return site_fail("auth", strerror(ENOMEM));
	open_guard(site, serve, place->number);
	return EX_OK;
}

int
site_run(struct site *site, const struct protocol *const *protocols)
{
	int error = worker_run(&site->worker, protocols);
	return error < 0 ? site_fail("listen", uv_strerror(error)) : EX_OK;
}

void
site_close(struct site *site)
{
	site->directory->ops->close(site->directory);
	worker_close(&site->worker);
	sasl_server_free(site->sasl);
}
