/* A worker of the POP3 server: connects maildrops, sessions and listeners. */
#include "cmd/pop3d/serve.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sysexits.h>
#include <time.h>

#include "cmd/pop3d/service.h"
#include "session/password.h"
#include "store/mail_folder.h"

/* A worker process has one of each. */
static struct worker_env env;
static struct pop3_service services[LISTEN_MAX];
static struct mail_folder mail;

/* Unpredictable and unique, as RFC 1939 section 7 requires of the timestamp. */
static void
stamp(char digits[POP3_STAMP_SIZE])
{
	uint64_t random = 0;
	if (getrandom(&random, sizeof random, 0) != sizeof random)
		random = (uint64_t)clock();
	snprintf(digits, POP3_STAMP_SIZE, "%" PRIu64 ".%" PRIu64, (uint64_t)time(NULL), random);
}

static void
open_service(const struct settings *settings, const struct listen_setting *listen, struct pop3_service *service)
{
	const struct pop3_settings *pop3 = &settings->config->pop3;
	service->config = (struct pop3_config) {
		.hostname = settings->hostname,
		.profile = settings->profile,
		.max_errors = (unsigned)settings->limits.max_errors,
		.login_delay = (unsigned)((pop3->login_delay + 999) / 1000),
		.tls_required = listen->tls == CONFIG_TLS_REQUIRED,
		.plain_in_clear = settings->auth_in_clear,
		.downgrade = settings->config->pop3_downgrade,
		.mechanisms = settings->mechanisms,
		.sasl = settings->mechanisms != 0 ? env.sasl : NULL,
		.stamp = pop3->apop ? stamp : NULL,
		.verify = password_verify,
		.hasher = pools_executor(&env.worker.pools, JOB_PASSWORD),
		.stats = env.worker.streams.host.stats,
		.limiter = &env.limiter,
		.directory = env.directory,
		.folder = &mail,
		.executor = pools_disk(&env.worker.pools),
	};
	service->language = listen->language;
	pop3_service_open(service, pop3);
}

int
serve_pop3_work(const struct serve *serve, const struct worker_slot *slot)
{
	const struct protocol *protocols[LISTEN_MAX];
	const struct settings *settings = serve->settings;
	int status = worker_env_open(&env, serve, slot);
	if (status != EX_OK)
		return status;
	if (mail_folder_open(&mail, env.mail) < 0)
		return worker_env_fail(env.mail, strerror(errno));
	mail_folder_report(&mail);
	for (size_t i = 0; i < settings->listen_count; i++) {
		open_service(settings, &settings->listen[i], &services[i]);
		protocols[i] = &services[i].protocol;
	}
	status = worker_env_run(&env, protocols);
	worker_env_close(&env);
	mail_folder_close(&mail);
	return status;
}
