/* Programs that sessions ask before they take mail, as the configuration names them. */
#include "cmd/smtpd/filters.h"

#include <errno.h>
#include <stdlib.h>

enum { SCANS = 4 }; /* messages that filters look at, at a time; half the threads are for the disk */

/* The session that waited for the answer goes on. */
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
open_services(struct advisers *advisers, struct worker *worker, const struct config *config)
{
	advisers->service_count = config->services_count;
	advisers->clients = calloc(config->services_count + 1, sizeof *advisers->clients);
	advisers->services = calloc(config->services_count + 1, sizeof(struct policy_service *));
	if (advisers->clients == NULL || advisers->services == NULL)
		return -1;
	for (size_t i = 0; i < advisers->service_count; i++) {
		advisers->clients[i] = client_of(&config->services[i], worker);
		advisers->services[i] = &advisers->clients[i].service;
		int error = policy_client_open(&advisers->clients[i], &worker->loop);
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
open_filters(struct advisers *advisers, struct worker *worker, const struct config *config)
{
	job_queue_open(&advisers->scanning, &worker->jobs.runner, SCANS);
	advisers->scanner_count = config->filters_count;
	advisers->filters = calloc(config->filters_count + 1, sizeof *advisers->filters);
	advisers->scanners = calloc(config->filters_count + 1, sizeof(struct scanner *));
	if (advisers->filters == NULL || advisers->scanners == NULL)
		return -1;
	for (size_t i = 0; i < advisers->scanner_count; i++) {
		open_filter(&advisers->filters[i], &config->filters[i]);
		advisers->scanners[i] = &advisers->filters[i].scanner;
	}
	return 0;
}

int
advisers_open(struct advisers *advisers, struct worker *worker, const struct config *config)
{
	*advisers = (struct advisers) { 0 };
	errno = ENOMEM;
	return open_services(advisers, worker, config) < 0 ? -1 : open_filters(advisers, worker, config);
}

void
advisers_close(struct advisers *advisers)
{
	free(advisers->clients);
	free(advisers->services);
	free(advisers->filters);
	free(advisers->scanners);
}
