/* The policy services and filters of the configuration, which sessions ask before they accept mail. */
#include "cmd/smtpd/services.h"

#include <errno.h>
#include <stdlib.h>

/* Runs the session that has waited for the answer. */
static void
on_answer(void *context)
{
	streams_run_ready(&((struct worker *)context)->streams);
}

static struct policy_client
client_of(const struct service_settings *settings, struct worker *worker)
{
	struct policy_client client = {
		.service = {
			.name = settings->name != NULL ? settings->name : settings->address,
			.at = (enum service_stage)settings->at,
			.about = (enum service_audience)settings->about,
			.spf = settings->kind == SERVICE_KIND_SPF,
			.closed = settings->on_failure == ON_FAILURE_DEFER,
		},
		.limit = settings->time_limit,
		.after = on_answer,
		.context = worker,
	};
	endpoint_parse(&client.endpoint, settings->address);
	return client;
}

static int
open_services(struct services *services, struct worker *worker, const struct config *config)
{
	services->service_count = config->services_count;
	services->clients = calloc(config->services_count + 1, sizeof *services->clients);
	services->policy = calloc(config->services_count + 1, sizeof(struct policy_service *));
	if (services->clients == NULL || services->policy == NULL)
		return -1;
	for (size_t i = 0; i < services->service_count; i++) {
		services->clients[i] = client_of(&config->services[i], worker);
		services->policy[i] = &services->clients[i].service;
		int error = policy_client_open(&services->clients[i], &worker->loop);
		if (error < 0) {
			errno = -error;
			return -1;
		}
	}
	return 0;
}

static void
open_clamd(struct clamd *clamd, const struct filter_settings *settings, struct scanner scanner)
{
	*clamd = (struct clamd) {
		.scanner = scanner,
		.limit = settings->time_limit,
		.max_size = (uint64_t)settings->max_size,
	};
	endpoint_parse(&clamd->endpoint, settings->address);
	clamd_open(clamd);
}

static void
open_rspamd(struct rspamd *rspamd, const struct filter_settings *settings, struct scanner scanner)
{
	*rspamd = (struct rspamd) {
		.scanner = scanner,
		.limit = settings->time_limit,
		.max_size = (uint64_t)settings->max_size,
		.spf = settings->spf,
	};
	endpoint_parse(&rspamd->endpoint, settings->address);
	rspamd_open(rspamd);
}

static void
open_filter(union filter *filter, const struct filter_settings *settings)
{
	const struct scanner scanner = {
		.name = settings->name != NULL        ? settings->name
		    : settings->kind == FILTER_CLAMAV ? "clamav"
		                                      : "rspamd",
		.closed = settings->on_failure == ON_FAILURE_DEFER,
	};
	if (settings->kind == FILTER_RSPAMD)
		open_rspamd(&filter->rspamd, settings, scanner);
	else
		open_clamd(&filter->clamd, settings, scanner);
}

static int
open_filters(struct services *services, const struct config *config)
{
	services->scanner_count = config->filters_count;
	services->filters = calloc(config->filters_count + 1, sizeof *services->filters);
	services->scanners = calloc(config->filters_count + 1, sizeof(struct scanner *));
	if (services->filters == NULL || services->scanners == NULL)
		return -1;
	for (size_t i = 0; i < services->scanner_count; i++) {
		open_filter(&services->filters[i], &config->filters[i]);
		services->scanners[i] = &services->filters[i].scanner;
	}
	return 0;
}

int
services_open(struct services *services, struct worker *worker, const struct config *config)
{
	*services = (struct services) { 0 };
	errno = ENOMEM;
	return open_services(services, worker, config) < 0 ? -1 : open_filters(services, config);
}

void
services_close(struct services *services)
{
	free(services->clients);
	free(services->policy);
	free(services->filters);
	free(services->scanners);
}
