/* The policy services and filters of the configuration, which sessions ask before they accept mail. */
#ifndef CMD_SMTPD_SERVICES_H
#define CMD_SMTPD_SERVICES_H

#include "config/config.h"
#include "peer/clamd.h"
#include "peer/policy_client.h"
#include "peer/rspamd.h"
#include "process/worker.h"
#include "smtp/session.h"

union filter {
	struct scanner scanner;
	struct rspamd rspamd;
	struct clamd clamd;
};

struct services {
	struct policy_client *clients;
	struct policy_service **policy; /* of the clients */
	size_t service_count;
	union filter *filters;
	const struct scanner **scanners; /* of the filters */
	size_t scanner_count;
};

/* Sets up the clients of policy services and filters, which must outlive the sessions. Returns 0, or -1 with errno. */
int services_open(struct services *services, struct worker *worker, const struct config *config);

/* Frees them. The worker has been closed. */
void services_close(struct services *services);

#endif
