/* The first start: a database, and a domain to try the server with. */
#ifndef CMD_SERVER_DEMO_H
#define CMD_SERVER_DEMO_H

#include <stdbool.h>

enum { DEMO_ERROR_SIZE = 1100 };

#define DEMO_DOMAIN "example.test"

/*
 * Sees to the database of a data folder. If it is new and demo is wanted, adds a demo domain with some accounts; *made
 * tells so. Returns 0, or -1 with an English sentence.
 */
int demo_prepare(const char *data, bool demo, bool *made, char error[DEMO_ERROR_SIZE]);

#endif
