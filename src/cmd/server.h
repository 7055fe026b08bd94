/* The SMTP server: from its settings to its processes. */
#ifndef CMD_SERVER_H
#define CMD_SERVER_H

#include <stdbool.h>

#include "cmd/settings.h"

/*
 * Runs the server until it is told to stop. demo asks for the demo domain if the data folder is new. Returns an exit
 * status of sysexits.h; what is wrong at the start is told on standard error.
 */
int server_run(const struct settings *settings, bool demo);

/* Prints what would be served and what is wrong with the texts. Returns EX_OK, or EX_DATAERR for such. */
int server_check(const struct settings *settings);

#endif
