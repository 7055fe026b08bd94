/* Hands one message to a server at one address, as the client of SMTP (RFC 5321) or LMTP (RFC 2033), on the event loop. */
#ifndef RELAY_TRANSPORT_H
#define RELAY_TRANSPORT_H

#include <stdint.h>

#include "port/channel.h"
#include "port/dsn_request.h"
#include "port/job.h"
#include "port/tlsa.h"

enum transport_protocol { TRANSPORT_SMTP, TRANSPORT_LMTP };

/*
 * Never TLS; STARTTLS if it is offered, with any certificate, else in the clear; STARTTLS, or no mail; TLS from the
 * first octet on. The last two verify the certificate, unless configured not to.
 */
enum transport_tls { TRANSPORT_TLS_NONE, TRANSPORT_TLS_STARTTLS, TRANSPORT_TLS_REQUIRED, TRANSPORT_TLS_IMPLICIT };

/* How to speak to a server. Texts are NULL for none; they must outlive all connections, which compare them by address. */
struct transport_manner {
	enum transport_protocol protocol;
	enum transport_tls tls;
	bool dane_only;          /* STARTTLS: nothing is sent without usable records of DANE */
	bool unverified;         /* accepts any certificate */
	const char *authorities; /* a file of certificates that is trusted; NULL: the system's */
	const char *names; /* that the certificate may be for, as struct tls_policy has them; NULL: the server's */
	const char *user, *password;
	const char *hostname; /* of this server, for EHLO */
	struct tlsa_set
	    *tlsa; /* TLS_REQUIRED: by which records the certificate is verified; NULL: by the authorities */
};

/*
 * What the DNS or a policy of the domain demands of TLS with a server whose manner is STARTTLS. UNKNOWN: the DNS has not
 * answered, so that nothing may be sent there.
 */
enum transport_demand {
	TRANSPORT_DEMAND_NONE,
	TRANSPORT_DEMAND_CLEAR, /* no TLS */
	TRANSPORT_DEMAND_TLS, /* STARTTLS with any certificate, as where records of DANE cannot be used (RFC 7672 section 2.2) */
	TRANSPORT_DEMAND_NAMES,    /* with a certificate for one of the names (MTA-STS, RFC 8461) */
	TRANSPORT_DEMAND_DANE,     /* with a certificate of one of the records */
	TRANSPORT_DEMAND_NO_DANE,  /* DANE is demanded, and there is no record that can be used: nothing may be sent */
	TRANSPORT_DEMAND_DANE_OFF, /* DANE is demanded, and no TLSA records are asked for: nothing may be sent */
	TRANSPORT_DEMAND_UNKNOWN
};

/* An address of a server. */
struct transport_address {
	struct channel_address channel;
	const char *name; /* of the server; for TLS and for people; NULL: it has none but its address */
	enum transport_demand demand;
	struct tlsa_set *tlsa; /* DANE; held by the owner of the address */
	const char *names;     /* NAMES: as struct tls_policy has them */
};

/* Milliseconds. */
struct transport_times {
	int connect; /* for a connection, and for TLS */
	int reply;   /* for a reply, or a block of data */
	int end;     /* for the reply to the end of the message */
	int whole;   /* for all of it */
};

enum transport_result {
	TRANSPORT_LATER, /* unknown, or the server replied 4xx */
	TRANSPORT_DONE,  /* the server has accepted the message */
	TRANSPORT_FAILED /* the server has rejected it permanently */
};

struct transport_recipient {
	const char *address; /* local-part@domain */
	const char *orcpt;   /* NULL: none */
	unsigned notify;     /* a set of enum dsn_notify */
	enum transport_result result;
	char *verdict; /* text of relay/client/verdict.h; NULL if memory was out; owned by the caller */
	bool settled;  /* while it runs: the result is known */
	bool accepted; /* by the reply to RCPT in the transaction under way */
	bool taken;    /* and by RCPT on a connection that failed before the message was sent */
};

/*
 * Which recipients without a result a connection names first. If a server ends the connection after it has refused some,
 * the next one names those that were accepted, and if it ends that too, one recipient in each transaction.
 */
enum transport_naming { TRANSPORT_NAMING_ALL, TRANSPORT_NAMING_TAKEN, TRANSPORT_NAMING_ONE };

enum { TRANSPORT_SERVER_SIZE = CHANNEL_HOST_SIZE + 300 };

struct client_pool;

/* One message to one server. The values that the caller sets must stay valid until done() is called. */
struct transport {
	struct transport_manner manner;
	struct transport_times times;
	int64_t deadline; /* of all of it, by the dialer's clock; 0: times.whole from its start */
	struct transport_address address;
	const char *sender; /* "" for the null reverse-path */
	bool utf8, eightbit;
	enum dsn_return ret;
	const char *envid;         /* NULL: none */
	int message;               /* a file with LF for each line end; read by pread() */
	uint64_t local_prefix_len; /* octets of it that are not sent */
	uint64_t size;             /* of what is sent */
	struct transport_recipient *recipients;
	size_t count;
	/* On the loop, once; the transport may be freed then. May be called before transport_start() returns. */
	void (*done)(struct transport *transport);
	void *owner;
	/* Results. */
	bool begun;       /* the server has replied about the message: no other address may be tried */
	bool dsn;         /* the server that accepted it sends DSNs itself (RFC 3461) */
	bool answered;    /* at least one reply was received */
	bool dialled;     /* a connection was used, or tried: the result says something about the address */
	bool turned_away; /* the server has replied 4yz to the greeting, to EHLO or to MAIL: it has too much to do */
	bool timed_out;   /* a reply, a connection or a block of data took too long */
	char server[TRANSPORT_SERVER_SIZE]; /* as verdicts name it */
	char tls[CHANNEL_ERROR_SIZE];       /* of its last connection: protocol and cipher; "": none */
	const char *verified;               /* by what the certificate was: "dane", "name"; NULL: by nothing */
	/* While it runs. */
	struct client_pool *pool;
	unsigned messages; /* that went over the connection before */
	bool without_tls;  /* TLS failed, and may be left out */
	enum transport_naming naming;
	size_t most;         /* recipients that the server accepts in a transaction; 0: not known */
	unsigned reconnects; /* after the server ended a connection */
};

/* The manner of its next connection: its own, but without TLS that failed, and with what the DNS demands. */
struct transport_manner transport_next_manner(const struct transport *transport);

/*
 * Hands the message over, on a connection of the pool or a new one, and fills in the result and the verdict of each
 * recipient. Each result is final: a recipient whose result is DONE must not be sent the message again.
 */
void transport_start(struct transport *transport, struct client_pool *pool);

#endif
