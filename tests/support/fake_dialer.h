/* A server in memory that answers by a table; for tests of the client of SMTP and LMTP. */
#ifndef SUPPORT_FAKE_DIALER_H
#define SUPPORT_FAKE_DIALER_H

#include "port/channel.h"

/*
 * Commands that begin with this are answered so: whole lines with their CR LF. "" is silence, NULL breaks the connection
 * off. The first line that fits counts, and only once if it says so.
 */
struct fake_answer {
	const char *command;
	const char *answer;
	bool once;
};

struct fake_channel;

struct fake_dialer {
	struct dialer dialer;
	int64_t time;                /* milliseconds; changed by fake_dialer_time_out() and by tests */
	const char *greeting;        /* NULL: "220 mx.example.net\r\n" */
	struct fake_answer *answers; /* those of the usual table come behind them */
	size_t answer_count;
	const char *refused; /* the host that refuses connections */
	const char *silent;  /* hosts that begin so accept connections and say nothing */
	int dialled;         /* connections that were tried */
	int open, most_open; /* connections; the most at a time */
	bool tls_fails;      /* what TLS comes to */
	size_t piece;        /* octets that a read gives at most; 0: all */
	size_t data_max;     /* octets of a message after which the connection breaks; 0: never */
	size_t rcpt_max;     /* recipients that are accepted in a transaction; 0: all */
	const char
	    *rcpt_over; /* the reply to further ones, a whole line; the connection breaks after refusals_max of them */
	size_t refusals_max;   /* 0: it never does */
	const char *end;       /* the replies to the end of a message, whole lines; NULL: "250 2.0.0 queued\r\n" */
	char said[1 << 16];    /* all commands, in TLS with "TLS: " in front */
	char hosts[1 << 12];   /* that were dialled, each with a space behind it */
	char message[1 << 17]; /* what came between DATA and the dot, with its last CR LF */
	size_t said_len, message_len;
	struct fake_channel *channels;
};

/* Opens the dialer; frees what is still connected. */
void fake_dialer_open(struct fake_dialer *dialer);
void fake_dialer_close(struct fake_dialer *dialer);

/* Completes one operation that can complete: false if there is none. Silence completes nothing. */
bool fake_dialer_run(struct fake_dialer *dialer);

/* Lets the time pass until the next deadline of an operation: false if there is none. */
bool fake_dialer_time_out(struct fake_dialer *dialer);

#endif
