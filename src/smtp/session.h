/* An SMTP session: reads octets, sends replies. Uses no socket, no clock and no thread. */
#ifndef SMTP_SESSION_H
#define SMTP_SESSION_H

#include "base/log/stats.h"
#include "config/content_settings.h"
#include "config/policy_settings.h"
#include "port/delivery.h"
#include "port/directory.h"
#include "port/job.h"
#include "port/limiter.h"
#include "session/outlet.h"

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
struct srs;

/* The clients that may use VRFY, EXPN and ETRN; others get #4.66. */
enum smtp_audience {
	SMTP_UNTOLD, /* none; VRFY replies 252 to every address (RFC 5321 section 7.3) */
	SMTP_NOBODY,
	SMTP_ACCOUNTS, /* users who have logged in */
	SMTP_ANYONE,
};

/* Shared by all sessions of a listener. Must outlive them. */
struct smtp_config {
	const char *hostname;
	enum ftg_profile profile;      /* of the replies; ENHANCEDSTATUSCODES is offered under FTG_STRICT only */
	size_t max_message_size;       /* octets; 0: no limit, SIZE without a number */
	unsigned max_recipients;       /* of one message; at least 100 (RFC 5321 4.5.3.1.8) */
	unsigned max_hops;             /* Received lines of a message, before #4.56 */
	unsigned max_header_addresses; /* addresses in To and Cc, before #4.55; 0: no limit */
	unsigned max_errors;           /* refusals of a session that the client can avoid, before #4.47 ends it */
	unsigned max_unknown;          /* unknown recipients of a session, before #4.29 ends it; 0: no limit */
	unsigned max_relay;            /* refusals #4.63 of a session, before #4.64 ends it; 0: no limit */
	int64_t tarpit_delay;          /* milliseconds for which a refusal is held back */
	bool normalise;                /* a bare CR or LF becomes CRLF, a NUL is dropped; otherwise #6.06 */
	enum content_whose
	    header_check;         /* refuse a header that is malformed, or lacks From, To, Date or Subject: #4.40 */
	bool remove_forged;       /* results of checks that a stranger has forged are removed */
	bool body_check;          /* refuse a header without a body: #4.43 */
	bool tls_required;        /* only NOOP, EHLO, STARTTLS and QUIT before TLS: #4.48 */
	bool auth_required;       /* no MAIL without AUTH: #4.54 */
	bool plain_in_clear;      /* PLAIN and LOGIN without TLS, too */
	unsigned mechanisms;      /* offered by AUTH: a set of 1 << enum sasl_mechanism */
	struct sasl_server *sasl; /* NULL: no AUTH */
	struct executor *hasher;  /* checks passwords, a few at a time */
	struct stats_slot *stats; /* counts messages and logins; NULL: none */
	struct limiter *limiter;  /* limits by address and account; NULL: none */
	bool xlang;               /* the client may choose the language of the replies */
	bool xlang_utf8;          /* which are then in UTF-8 */
	struct policy_settings policy;
	const struct router *router; /* to other servers; NULL: every domain has a route */
	struct srs *srs;             /* rewrites the senders of forwarded mail; NULL: they stay as they are */
	struct greylist *greylist;   /* NULL: none */
	int64_t (*now)(void);        /* seconds since 1970, for the trace line of a message */
	enum smtp_audience vrfy, expn, etrn;
	bool dsn_anyone;                        /* DSN is offered to strangers, too */
	struct policy_service *const *services; /* asked in this order */
	size_t service_count;
	struct scanner *const *scanners; /* look at each message in this order */
	size_t scanner_count;
	const struct content_rules *content_rules; /* prohibited content: #4.41; NULL: none */
	struct executor *inspector;                /* applies them, a few at a time */
	const struct blocklists *blocklists;       /* NULL: none */
	int blocklist_threshold;                   /* weight at which a client is refused */
	enum blocklist_stage blocklist_stage;      /* when it is refused */
	struct resolver *resolver;                 /* NULL: no DNS checks */
	struct directory *directory;
	struct delivery_agent *delivery;
	struct executor *executor;
	struct executor *spreader; /* delivers messages to many mailboxes, a few at a time */
};

struct smtp_peer {
	const char *address; /* of the client: "192.0.2.1", "2001:db8::1" */
	const char *session; /* the session's token, as in the log */
};

struct smtp_session;

/* Makes a session. config, outlet and the strings of peer must outlive it. NULL when memory is out. */
struct smtp_session *smtp_session_new(
    const struct smtp_config *config, const struct smtp_peer *peer, struct session_outlet *outlet);

/* Frees a session, which must not be busy. Drops an unfinished message. */
void smtp_session_free(struct smtp_session *session);

/* Sends the greeting, or instead of it a refusal, which closes the session. The session may be busy until then. */
void smtp_session_greet(struct smtp_session *session);

/*
 * Reads octets from the client and answers each whole line. Returns how many were read: all of
 * them, unless the session became busy or closed, or has more to send; the rest is given again
 * after outlet->resume(), or after the last part of the answer.
 */
size_t smtp_session_feed(struct smtp_session *session, const char *bytes, size_t len);

/*
 * Looks at the octets behind those that were read, while the session is busy. If it waits for
 * the directory's answer about a recipient, the directory is told of the recipients of the RCPT
 * commands that follow, each at most once. Changes nothing else.
 */
void smtp_session_look_ahead(struct smtp_session *session, const char *bytes, size_t len);

/*
 * Reports that the connection is encrypted: before the greeting, or after the handshake of outlet->encrypt(). The
 * session then forgets everything that the client has stated (RFC 3207 section 4.2). version and cipher, which the
 * trace line names, must outlive the session.
 */
void smtp_session_encrypted(struct smtp_session *session, const char *version, const char *cipher);

/* Is a job under way? smtp_session_feed() reads nothing until outlet->resume(). */
bool smtp_session_busy(const struct smtp_session *session);

/*
 * Is a long answer under way? smtp_session_more() then sends the next part of it, of some 100 KiB at most; it must be
 * called once the client has read the previous part.
 */
bool smtp_session_sending(const struct smtp_session *session);
void smtp_session_more(struct smtp_session *session);

/* Has the session ended? The connection must be closed once all output is sent. */
bool smtp_session_closed(const struct smtp_session *session);

/* Is a message between DATA and its reply? When the server stops, such a session gets the grace period. */
bool smtp_session_in_transaction(const struct smtp_session *session);

/* Has the client logged in, or begun a transaction? Until then its time is limited. */
bool smtp_session_admitted(const struct smtp_session *session);

/*
 * Ends the session with a last reply: FTG_SMTP_TIMEOUT, FTG_SMTP_SHUTDOWN. Not while busy. A long answer breaks off
 * without it, since a client would read it as a line of that answer.
 */
void smtp_session_end(struct smtp_session *session, enum ftg_id id);

#endif
