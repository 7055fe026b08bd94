/* A server: from its command line to its processes. A struct server_kind holds the differences between the programs. */
#ifndef CMD_SERVER_SERVER_H
#define CMD_SERVER_SERVER_H

#include <stdbool.h>

#include "cmd/server/settings.h"
#include "cmd/server/worker_env.h"

struct server_kind {
	const char *name;      /* of the program, and of its files in the data folder */
	const char *help;      /* what it is, for --help, marked for translation */
	const char *more_help; /* the same for what comes behind the options */
	enum config_protocol protocol;
	bool accounts; /* it serves those of the data folder: it makes the database and the secret of passwords */
	/* Applies the settings that are this program's alone. NULL: none are. Returns 0, or -1 once each fault is reported. */
	int (*configure)(struct settings *settings, config_report *report);
	/* Prints on standard error of --check what this program alone warns of. NULL: nothing. */
	void (*warn)(const struct settings *settings);
	struct watchdog_terms watchdog;
	const char *listen;    /* the default address: ADDRESS:PORT */
	const char *listen_v6; /* and there too, if this machine has an IPv6 loopback */
	/* Prints on standard error how to try a server that listens at address and has the demo domain. NULL: no accounts */
	void (*welcome)(const char *data, const char *address);
	/* The life of a worker; returns its exit status. */
	int (*work)(const struct serve *serve, const struct worker_slot *slot);
	/* That of one process more, which sends mail on. NULL: there is none. */
	int (*relay)(const struct serve *serve, const struct worker_slot *slot);
};

/* Runs the command line. Returns an exit status of sysexits.h. */
int server_main(const struct server_kind *kind, int argc, char **argv);

/*
 * Runs the server until SIGTERM or SIGINT. demo: makes the demo domain if the data folder is new. Returns an exit status
 * of sysexits.h; errors at the start are written to standard error.
 */
int server_run(const struct server_kind *kind, const struct settings *settings, bool demo);

/*
 * Checks the resources that the settings need: the user, and, read as that user, the certificate with its key and the
 * catalogue. Prints on standard output what would be served; if verbose, the configuration that is in effect instead,
 * as a file that sets the same, and all else on standard error. Returns an exit status of sysexits.h: EX_DATAERR for a
 * text or a certificate that cannot be used.
 */
int server_check(const struct server_kind *kind, const struct settings *settings, bool verbose);

#endif
