/* What a worker of the SMTP server does: brings directory, delivery, sessions and connections together. */
#ifndef CMD_SERVE_H
#define CMD_SERVE_H

#include "base/counters.h"
#include "base/figures.h"
#include "cmd/settings.h"
#include "mail/greylist.h"
#include "net/master.h"
#include "session/sasl.h"

struct serve {
	const struct settings *settings;
	const char *data; /* the data folder's absolute path */
	const int *sockets;
	size_t socket_count;
	unsigned char secret[SASL_SECRET_SIZE];
	unsigned char greylist_secret[GREYLIST_SECRET_SIZE];
	unsigned grace;     /* seconds */
	int metrics_socket; /* -1: none */
	int status_socket;  /* -1: none */
	struct figures *figures;
	struct counters *counters; /* of all workers */
};

/* The life of a worker; returns its exit status. */
int serve_work(const struct serve *serve, const struct master_place *place);

#endif
