/* The first start: makes the database and a demo domain. */
#ifndef CMD_SERVER_DEMO_H
#define CMD_SERVER_DEMO_H

#include <stdbool.h>

enum { DEMO_ERROR_SIZE = 1100 };

#define DEMO_DOMAIN "example.test"

/*
 * Makes or upgrades the database of a data folder. If it is new and demo is true, adds the demo
 * domain with some accounts and sets *made. An empty folder of mail gets its marker if there is
 * no account yet. Returns 0, or -1 with an English sentence in error.
 */
int demo_prepare(const char *data, bool demo, bool *made, char error[DEMO_ERROR_SIZE]);

#endif
