/* Programs that sessions ask before they take mail, as the configuration names them: policy services. */
#ifndef CMD_ADVISERS_H
#define CMD_ADVISERS_H

#include "base/config.h"
#include "net/policy_client.h"
#include "net/worker.h"
#include "smtp/session.h"

struct advisers {
	struct policy_client *clients;
	struct policy_service **services; /* of the clients */
	size_t service_count;
};

/* Sets up what the worker's sessions ask, which lasts as long as the worker does. Returns 0, or -1 with errno. */
int advisers_open(struct advisers *advisers, struct worker *worker, const struct config *config);

/* When the worker has been closed. */
void advisers_close(struct advisers *advisers);

#endif
