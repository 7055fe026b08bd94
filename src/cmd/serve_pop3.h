/* What a worker of the POP3 server does: brings maildrops, sessions and connections together. */
#ifndef CMD_SERVE_POP3_H
#define CMD_SERVE_POP3_H

#include "cmd/site.h"

/* The life of a worker; returns its exit status. */
int serve_pop3_work(const struct serve *serve, const struct master_place *place);

#endif
