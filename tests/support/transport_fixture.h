/* A transport to a server in memory; for tests of the client of SMTP and LMTP. */
#ifndef SUPPORT_TRANSPORT_FIXTURE_H
#define SUPPORT_TRANSPORT_FIXTURE_H

#include "relay/client/client_pool.h"
#include "relay/client/transport.h"
#include "support/fake_dialer.h"

#define WHO "mx1.example.net [192.0.2.1]" /* the server as verdicts name it */

enum { TRANSPORT_TO = 200 };

extern struct fake_dialer server;
extern struct transport transport; /* to the first recipient, unless its count is changed */
extern struct transport_recipient to[TRANSPORT_TO];
extern struct client_pool pool;

/* The init and fini of a suite. The last one closes all connections. */
void transport_set_up(void);
void transport_tear_down(void);

/* Puts the octets of the message, with LF for each line end, into a new file. */
void transport_give_message(const char *octets, size_t len);

/* Sends the message. Silence lasts until the deadline. Then idle connections stay open. */
void transport_run(void);

/* Closes idle connections, which say QUIT. */
void transport_close_all(void);

/* Sends the message on a new connection, and expects this result and verdict of the first recipient. */
void transport_comes_to(enum transport_result result, const char *verdict);

/* How often the client has said this. */
size_t transport_count(const char *what);

/* What the server answers, before the usual table. */
void transport_answer(struct fake_answer *answers, size_t count);
#define ANSWER(...)                                                                                                    \
	struct fake_answer answers[] = { __VA_ARGS__ };                                                                \
	transport_answer(answers, sizeof answers / sizeof *answers)

#endif
