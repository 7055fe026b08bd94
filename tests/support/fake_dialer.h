/* A server in memory that answers by a table; for tests of the client of SMTP and LMTP. */
#ifndef SUPPORT_FAKE_DIALER_H
#define SUPPORT_FAKE_DIALER_H

#include "port/channel.h"

/*
 * Commands that begin with this are answered so: whole lines with their CR LF. "" is silence, NULL breaks the connection
 * off. The first line that fits counts, and only once where it says so.
 */
struct fake_answer {
	const char *command;
	const char *answer;
	bool once;
};

struct fake_dialer {
	struct dialer dialer;
	const char *greeting;        /* NULL: "220 mx.example.net\r\n" */
	struct fake_answer *answers; /* those of the table below come behind them */
	size_t answer_count;
	const char *refused;   /* the address that cannot be reached */
	int dialed;            /* connections that were tried */
	bool tls_fails;        /* what comes of TLS */
	size_t piece;          /* octets that a read gives at most; 0: all */
	size_t data_max;       /* octets of a message after which the connection breaks; 0: never */
	const char *end;       /* the answers to the end of a message, whole lines; NULL: "250 2.0.0 queued\r\n" */
	char said[1 << 16];    /* all commands, in TLS with "TLS: " in front */
	char message[1 << 17]; /* what came between DATA and the dot, with its last CR LF */
	size_t said_len, message_len;
};

void fake_dialer_open(struct fake_dialer *dialer);

#endif
