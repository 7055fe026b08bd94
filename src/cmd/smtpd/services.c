/* The policy services and filters of the configuration, which sessions ask before they accept mail. */
#include "cmd/smtpd/services.h"

#include <errno.h>
#include <stdlib.h>

#include "peer/clamd.h"
#include "peer/rspamd.h"

/* Runs the sessions whose questions have been answered. */
static void
on_answer(void *context)
{
	streams_run_ready(&((struct worker *)context)->streams);
}

static const char *
name_of_service(const struct service_settings *settings)
{
	return settings->name != NULL ? settings->name : settings->address;
}

static const char *
name_of_filter(const struct filter_settings *settings)
{
	if (settings->name != NULL)
		return settings->name;
	return settings->kind == FILTER_CLAMAV ? "clamav" : "rspamd";
}

/* The breaker of the peer that comes next among those of the worker. */
static struct peer_breaker
breaker_of(struct services *services, struct worker *worker, const char *kind, const char *name)
{
	size_t number = worker->peer_count++;
	services->peers[number] = (struct status_peer) { kind, name };
	return (struct peer_breaker) {
		.kind = kind,
		.name = name,
		.down = &worker_stats(worker)->peers_down,
		.bit = number < STATS_PEERS ? UINT64_C(1) << number : 0,
	};
}

static struct policy_client
client_of(struct services *services, const struct service_settings *settings, struct worker *worker)
{
	struct policy_client client = {
		.service = {
			.name = name_of_service(settings),
			.at = (enum service_stage)settings->at,
			.about = (enum service_audience)settings->about,
			.spf = settings->kind == SERVICE_KIND_SPF,
			.closed = settings->on_failure == ON_FAILURE_DEFER,
		},
		.limit = settings->time_limit,
		.after = on_answer,
		.context = worker,
		.breaker = breaker_of(services, worker, "service", name_of_service(settings)),
	};
	endpoint_parse(&client.endpoint, settings->address);
	return client;
}

static struct scan_client
filter_of(struct services *services, const struct filter_settings *settings, struct worker *worker)
{
	struct scan_client client = {
		.scanner = {
			.name = name_of_filter(settings),
			.closed = settings->on_failure == ON_FAILURE_DEFER,
		},
		.dialect = settings->kind == FILTER_CLAMAV ? &clamd_dialect : &rspamd_dialect,
		.limit = settings->time_limit,
		.max_size = (uint64_t)settings->max_size,
		.spf = settings->spf,
		.executor = pools_disk(&worker->pools),
		.after = on_answer,
		.context = worker,
		.breaker = breaker_of(services, worker, "filter", name_of_filter(settings)),
	};
	endpoint_parse(&client.endpoint, settings->address);
	return client;
}

static int
fail(int uv_error)
{
	errno = -uv_error;
	return -1;
}

static int
open_services(struct services *services, struct worker *worker, const struct config *config)
{
	for (; services->service_count < config->services_count; services->service_count++) {
		struct policy_client *client = &services->clients[services->service_count];
		*client = client_of(services, &config->services[services->service_count], worker);
		services->policy[services->service_count] = &client->service;
		int error = policy_client_open(client, &worker->loop);
		if (error < 0)
			return fail(error);
	}
	return 0;
}

static int
open_filters(struct services *services, struct worker *worker, const struct config *config)
{
	for (; services->scanner_count < config->filters_count; services->scanner_count++) {
		struct scan_client *client = &services->filters[services->scanner_count];
		*client = filter_of(services, &config->filters[services->scanner_count], worker);
		services->scanners[services->scanner_count] = &client->scanner;
		int error = scan_client_open(client, &worker->loop);
		if (error < 0)
			return fail(error);
	}
	return 0;
}

int
services_open(struct services *services, struct worker *worker, const struct config *config)
{
	const size_t clients = config->services_count, filters = config->filters_count;
	*services = (struct services) {
		.clients = calloc(clients + 1, sizeof *services->clients),
		.policy = calloc(clients + 1, sizeof(struct policy_service *)),
		.filters = calloc(filters + 1, sizeof *services->filters),
		.scanners = calloc(filters + 1, sizeof(struct scanner *)),
		.peers = calloc(clients + filters + 1, sizeof *services->peers),
	};
	if (services->clients == NULL || services->policy == NULL || services->filters == NULL ||
	    services->scanners == NULL || services->peers == NULL)
		return -1;
	worker->peers = services->peers;
	return open_services(services, worker, config) < 0 ? -1 : open_filters(services, worker, config);
}

void
services_close(struct services *services)
{
	for (size_t i = 0; i < services->service_count; i++)
		policy_client_close(&services->clients[i]);
	for (size_t i = 0; i < services->scanner_count; i++)
		scan_client_close(&services->filters[i]);
	free(services->clients);
	free(services->policy);
	free(services->filters);
	free(services->scanners);
	free(services->peers);
}
