/* A worker of the map server: connects languages, sessions and listeners. */
#include "cmd/mapd/serve.h"

#include <sysexits.h>

#include "cmd/mapd/domain_languages.h"
#include "cmd/mapd/service.h"

/* A worker process has one of each. */
static struct worker_env env;
static struct domain_languages languages;
static struct mapd_config config;
static struct map_service services[LISTEN_MAX];

_Static_assert((int)MAPD_LANGUAGES == (int)DOMAIN_SOURCES, "each source has a table");

static void
on_changed(struct domain_languages *changed)
{
	for (enum domain_source source = 0; source < DOMAIN_SOURCES; source++)
		config.languages[source] = changed->tables[source].languages;
}

static void
on_reload(struct worker *worker)
{
	(void)worker;
	domain_languages_reload(&languages);
}

static int
open_languages(const struct serve *serve, const struct worker_slot *slot)
{
	languages = (struct domain_languages) {
		.file = serve->settings->config->map.languages,
		.data = serve->data,
		.worker = slot->number,
		.executor = pools_disk(&env.worker.pools),
		.changed = on_changed,
	};
	env.worker.reloading = on_reload;
	int error = domain_languages_open(&languages, &env.worker.loop);
	return error < 0 ? worker_env_fail("languages", uv_strerror(error)) : EX_OK;
}

int
serve_map_work(const struct serve *serve, const struct worker_slot *slot)
{
	const struct protocol *protocols[LISTEN_MAX];
	const struct settings *settings = serve->settings;
	int status = worker_env_open_loop(&env, serve, slot);
	if (status == EX_OK)
		status = open_languages(serve, slot);
	if (status != EX_OK)
		return status;
	config.stats = worker_stats(&env.worker);
	for (size_t i = 0; i < settings->listen_count; i++) {
		services[i] = (struct map_service) { .config = &config, .language = settings->listen[i].language };
		map_service_open(&services[i]);
		protocols[i] = &services[i].protocol;
	}
	status = worker_env_run(&env, protocols);
	worker_env_close(&env);
	domain_languages_close(&languages);
	return status;
}
