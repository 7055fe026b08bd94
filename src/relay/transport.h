/* Hands one message to another server: SMTP (RFC 5321) or LMTP (RFC 2033), as its client. Blocks: for jobs. */
#ifndef RELAY_TRANSPORT_H
#define RELAY_TRANSPORT_H

#include <stdint.h>

#include "port/channel.h"
#include "port/dsn_request.h"

enum transport_protocol { TRANSPORT_SMTP, TRANSPORT_LMTP };

/*
 * Never TLS; STARTTLS where it is offered, with any certificate, else in the clear; STARTTLS, or no mail; from the first
 * octet on. The last two verify the certificate, unless told not to.
 */
enum transport_tls { TRANSPORT_TLS_NONE, TRANSPORT_TLS_STARTTLS, TRANSPORT_TLS_REQUIRED, TRANSPORT_TLS_IMPLICIT };

/* How to speak to a server. Texts are NULL for none. */
struct transport_manner {
	enum transport_protocol protocol;
	enum transport_tls tls;
	bool unverified;         /* any certificate will do */
	const char *authorities; /* a file of certificates that is trusted; NULL: the system's */
	const char *user, *password;
	const char *hostname; /* of this server, for EHLO */
};

/* One of the addresses at which the message may be handed over; they are tried in their order. */
struct transport_place {
	struct channel_place place;
	const char *name; /* of the server; for TLS and for people; NULL: it has none but its address */
};

/* Milliseconds. */
struct transport_times {
	int connect; /* for a connection, and for TLS */
	int reply;   /* for a reply, or a block of data */
	int end;     /* for the reply to the end of the message */
	int whole;   /* for all of it */
};

enum transport_result {
	TRANSPORT_LATER, /* nothing is known, or the server said 4xx */
	TRANSPORT_DONE,  /* the server has taken the message over */
	TRANSPORT_FAILED /* never */
};

struct transport_recipient {
	const char *address; /* local-part@domain */
	const char *orcpt;   /* NULL: none */
	unsigned notify;     /* a set of enum dsn_notify */
	enum transport_result result;
	char *verdict; /* text of relay/verdict.h; NULL where memory was out; of who calls */
	bool settled;  /* while it runs: something is known, if only that nobody was reached */
	bool accepted; /* by the reply to RCPT */
};

struct transport {
	struct transport_manner manner;
	struct transport_times times;
	const struct transport_place *places;
	size_t place_count; /* at least 1 */
	const char *sender; /* "" for the null reverse-path */
	bool utf8, eightbit;
	enum dsn_return ret;
	const char *envid; /* NULL: none */
	int message;       /* a file with LF for each line end; read by pread() */
	uint64_t skip;     /* octets of it that are not sent */
	uint64_t size;     /* of what is sent */
	struct transport_recipient *recipients;
	size_t count;
	bool dsn;    /* out: the server that took it sends DSNs itself (RFC 3461) */
	bool silent; /* out: no server was reached, so that the next message need not be tried at once */
	char server[CHANNEL_PLACE_SIZE + 300]; /* out: the server that was asked last */
};

/*
 * Hands the message over, and fills in what came of it for each recipient. Goes on to the next place while no server has
 * said anything about the message. Every result is final as soon as this returns: what is DONE must not be sent again.
 */
void transport_run(struct transport *transport, struct dialer *dialer);

#endif
