/* Programs that sessions ask before they take mail, as the configuration names them. */
#include "cmd/advisers.h"

#include <errno.h>
#include <stdlib.h>

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

int
advisers_open(struct advisers *advisers, struct worker *worker, const struct config *config)
{
	*advisers = (struct advisers) {
		.clients = calloc(config->services_count + 1, sizeof *advisers->clients),
		.services = calloc(config->services_count + 1, sizeof(struct policy_service *)),
		.service_count = config->services_count,
	};
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

void
advisers_close(struct advisers *advisers)
{
	free(advisers->clients);
	free(advisers->services);
}
