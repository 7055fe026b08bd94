/* The policy services and filters of the configuration, which sessions ask before they accept mail. */
#ifndef CMD_SMTPD_SERVICES_H
#define CMD_SMTPD_SERVICES_H

#include "config/config.h"
#include "peer/policy_client.h"
#include "peer/scan_client.h"
#include "process/worker.h"

/* Of one worker. */
struct services {
	struct policy_client *clients;
	struct policy_service **policy; /* of the clients */
	size_t service_count;
	struct scan_client *filters;
	struct scanner **scanners; /* of the filters */
	size_t scanner_count;
	struct status_peer *peers; /* all of them, for the worker's status */
};

/* Opens the services that the worker's sessions query; config must outlive it. Returns 0, or -1 with errno. */
int services_open(struct services *services, struct worker *worker, const struct config *config);

/* Frees it, once the worker has been closed. */
void services_close(struct services *services);

#endif
