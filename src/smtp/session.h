/* An SMTP session: octets in, replies out. Knows no socket, no clock and no thread. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/stats.h"
#include "config/content_settings.h"
#include "config/policy_settings.h"
#include "port/delivery.h"
#include "port/directory.h"
#include "port/job.h"
#include "port/limiter.h"
#include "session/language.h"

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct greylist;
struct policy_service;
struct router;
struct content_rules;
struct blocklists;
struct resolver;
struct sasl_server;
struct scanner;

/* Who may ask by VRFY, EXPN and ETRN; the others get #4.66. */
enum smtp_audience {
	SMTP_UNTOLD, /* nobody; but VRFY says to all alike that it cannot tell (RFC 5321 7.3) */
	SMTP_NOBODY,
	SMTP_ACCOUNTS, /* whoever is logged in */
	SMTP_ANYONE,
};

/* What all sessions of a listener share; lives longer than any of them. */
struct smtp_config {
	const char *hostname;
	enum ftg_profile profile;      /* of the replies; ENHANCEDSTATUSCODES is offered under FTG_STRICT alone */
	size_t max_message_size;       /* octets; 0: no limit, SIZE without a number */
	unsigned max_recipients;       /* of one message; at least 100 (RFC 5321 4.5.3.1.8) */
	unsigned max_hops;             /* Received lines that a message may have; with more it is refused with #4.56 */
	unsigned max_header_addresses; /* that To and Cc may hold; with more a message is refused with #4.55; 0: any */
	unsigned max_errors;           /* refusals of a session that the client can avoid, before #4.47 ends it */
	unsigned max_unknown;          /* the unknown recipient of a session that ends it with #4.29; 0: none does */
	unsigned max_relay;            /* #4.63 of a session before #4.64 ends it; 0: any number */
	int64_t tarpit_delay;          /* milliseconds that a refusal is held back */
	bool normalise; /* a bare CR or LF becomes CRLF, a NUL is dropped; they are refused otherwise: #6.06 */
	enum content_whose
	    header_check;    /* a header that is malformed, or lacks From, To, Date or Subject, is refused: #4.40 */
	bool body_check;     /* a header without a body is refused: #4.43 */
	bool tls_required;   /* nothing but NOOP, EHLO, STARTTLS and QUIT before TLS: #4.48 */
	bool auth_required;  /* no MAIL without AUTH: #4.54 */
	bool plain_in_clear; /* PLAIN and LOGIN without TLS, too */
	unsigned mechanisms; /* that AUTH offers: a set of 1 << enum sasl_mechanism */
	struct sasl_server *sasl; /* NULL: no AUTH */
	struct executor *hasher;  /* checks passwords, few at a time */
	struct stats_slot *stats; /* that count messages; NULL: none */
	struct limiter *limiter;  /* limits by address and account; NULL: none */
	bool xlang;               /* the client may choose the language of the replies */
	struct policy_settings policy;
	const struct router *router; /* to other servers; NULL: every domain has a route */
	struct greylist *greylist;   /* NULL: none */
	int64_t (*now)(void);        /* seconds since 1970, for the trace line of a message */
	enum smtp_audience vrfy, expn, etrn;
	struct policy_service *const *services; /* that are asked, in this order */
	size_t service_count;
	struct scanner *const *scanners; /* that look at each message, in this order */
	size_t scanner_count;
	const struct content_rules *content_rules; /* what no message may hold: #4.41; NULL: none */
	struct executor *inspector;                /* looks at messages before they are published, few at a time */
	const struct blocklists *blocklists;       /* NULL: none */
	int blocklist_threshold;                   /* weight from which on a client is refused, */
	enum blocklist_stage blocklist_stage;      /* and when */
	struct resolver *resolver;                 /* NULL: nothing is asked */
	struct directory *directory;
	struct delivery_agent *delivery;
	struct executor *executor;
};

/* Where a session's output and events go; one a connection, implemented by the network or by a test. */
struct smtp_outlet {
	const struct job_owner
	    *owner; /* of the session's jobs that may be dropped when the client has gone; NULL: nobody */
	/* Says a reply, in the voice of the session. The reply's arguments live until the call returns. */
	void (*reply)(struct smtp_outlet *outlet, const struct ftg_reply *reply);
	/* Sends octets that programs read: the EHLO and HELO answer. Whole lines. */
	void (*send)(struct smtp_outlet *outlet, const char *bytes, size_t len);
	/* Replies are wished for in a language from now on, "" for none. NULL: there is no choice; XLANG is not offered. */
	void (*prefer)(struct smtp_outlet *outlet, enum language_source whose, const char *language);
	/* The voice of the next reply. */
	struct ftg_voice (*voice)(struct smtp_outlet *outlet);
	/* Calls job->done() after so many milliseconds, on the loop. */
	void (*wait)(struct smtp_outlet *outlet, int64_t milliseconds, struct job *job);
	/* Could encrypt() be called now? NULL: never. */
	bool (*can_encrypt)(struct smtp_outlet *outlet);
	/*
	 * Begins a TLS handshake behind what has been said so far. Octets that have come without being taken, and whatever
	 * else comes in the clear, are dropped: the session is fed nothing until smtp_session_encrypted() is called.
	 */
	void (*encrypt)(struct smtp_outlet *outlet);
	/* The session that said "later" is ready for input again, or has closed itself. */
	void (*resume)(struct smtp_outlet *outlet);
	/*
	 * One event for the log: an event name, then key and value in turn, NULL at the end. Values may hold anything; one
	 * that is NULL is left out with its key.
	 */
	void (*log)(struct smtp_outlet *outlet, const char *event, ...);
};

struct smtp_peer {
	const char *address; /* of the client: "192.0.2.1", "2001:db8::1" */
	const char *session; /* the session's token, as in the log */
};

struct smtp_session;

/* NULL when memory is out. config, outlet and the strings of peer must outlive the session. */
struct smtp_session *smtp_session_new(
    const struct smtp_config *config, const struct smtp_peer *peer, struct smtp_outlet *outlet);

/* Not while smtp_session_busy(). Drops an unfinished message. */
void smtp_session_free(struct smtp_session *session);

/* Says the greeting, or a refusal in its place, after which the session is closed. It may be busy until then. */
void smtp_session_greet(struct smtp_session *session);

/*
 * Reads octets from the client and answers each whole line. Returns how many were read: all of them, unless the session
 * became busy or closed, or has more to send; the rest is given again after outlet->resume(), or after the last part of
 * the answer.
 */
size_t smtp_session_feed(struct smtp_session *session, const char *bytes, size_t len);

/*
 * The connection is encrypted from now on; version and cipher, for the trace line, stay valid as long as it is. To be
 * called before the greeting, or when the handshake of outlet->encrypt() is over: the session then forgets all that it
 * was told (RFC 3207 section 4.2).
 */
void smtp_session_encrypted(struct smtp_session *session, const char *version, const char *cipher);

/* A job is under way; feed takes nothing until outlet->resume(). */
bool smtp_session_busy(const struct smtp_session *session);

/*
 * Is a long answer under way? smtp_session_more() then sends the next part of it, of some 100 KiB at most; it must be
 * called once the client has taken what was sent before.
 */
bool smtp_session_sending(const struct smtp_session *session);
void smtp_session_more(struct smtp_session *session);

/* Nothing more is to be read: the connection is to be closed once all output is sent. */
bool smtp_session_closed(const struct smtp_session *session);

/* Is a message between its DATA and its answer? Such a session gets the grace time of a stop. */
bool smtp_session_in_transaction(const struct smtp_session *session);

/* Has the client logged in, or begun a transaction? Until then its time is limited. */
bool smtp_session_admitted(const struct smtp_session *session);

/*
 * Ends the session with a last reply: FTG_SMTP_TIMEOUT, FTG_SMTP_SHUTDOWN. Not while busy. A long answer breaks off without
 * it, since a client would read it as a line of that answer.
 */
void smtp_session_end(struct smtp_session *session, enum ftg_id id);

#endif
