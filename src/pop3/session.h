/* A POP3 session: octets in, replies out. Knows no socket, no clock and no thread. */
#ifndef POP3_SESSION_H
#define POP3_SESSION_H

#include "base/stats.h"
#include "port/directory.h"
#include "port/job.h"
#include "port/limiter.h"
#include "session/language.h"

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>

struct sasl_server;

enum { POP3_STAMP_SIZE = 40 };

/* What all sessions of a listener share; lives longer than any of them. */
struct pop3_config {
	const char *hostname;
	enum ftg_profile profile; /* of the replies; RESP-CODES and AUTH-RESP-CODE are offered under FTG_STRICT alone */
	unsigned max_errors;      /* wrong commands and failed logins of a session before FTG_POP_ERRORS ends it */
	unsigned
	    login_delay;   /* seconds that CAPA tells between logins of an account, and the limiter sees to; 0: none */
	bool tls_required; /* no login before TLS: #5.03 */
	bool plain_in_clear;      /* USER, PLAIN and LOGIN without TLS, too; #5.04 otherwise */
	unsigned mechanisms;      /* that AUTH offers: a set of 1 << enum sasl_mechanism */
	struct sasl_server *sasl; /* NULL: no AUTH */
	/*
	 * Writes digits and dots that no earlier call has written: what an APOP timestamp (RFC 1939 section 7) has in front
	 * of the host name. NULL: no APOP.
	 */
	void (*stamp)(char digits[POP3_STAMP_SIZE]);
	bool (*verify)(const char *password, const char *hash); /* as sasl_server_new() wants it */
	struct executor *hasher;                                /* checks passwords, few at a time */
	struct stats_slot *stats;                               /* that count messages; NULL: none */
	struct limiter *limiter;                                /* limits by address and account; NULL: none */
	struct directory *directory;
	int folder; /* a descriptor of the folder of all mail */
	struct executor *executor;
};

/* Where a session's output and events go; one a connection, implemented by the network or by a test. */
struct pop3_outlet {
	const struct job_owner
	    *owner; /* of the session's jobs that may be dropped when the client has gone; NULL: nobody */
	/* Says a reply, in the voice of the session. The reply's arguments live until the call returns. */
	void (*reply)(struct pop3_outlet *outlet, const struct ftg_reply *reply);
	/* Sends octets that programs read. Whole lines. */
	void (*send)(struct pop3_outlet *outlet, const char *bytes, size_t len);
	/* Has the client left output untaken? Then no more commands are run until it takes it. */
	bool (*is_full)(struct pop3_outlet *outlet);
	/* Replies are wished for in a language from now on, "" for none. */
	void (*prefer)(struct pop3_outlet *outlet, enum language_source whose, const char *language);
	/* All is said in UTF-8 from now on, or again only what the client has chosen. */
	void (*utf8)(struct pop3_outlet *outlet, bool on);
	/* The voice of the next reply. */
	struct ftg_voice (*voice)(struct pop3_outlet *outlet);
	/* Could encrypt() be called now? */
	bool (*can_encrypt)(struct pop3_outlet *outlet);
	/*
	 * Begins a TLS handshake behind what has been said so far. Octets that have come without being taken, and whatever
	 * else comes in the clear, are dropped: the session is fed nothing until pop3_session_encrypted() is called.
	 */
	void (*encrypt)(struct pop3_outlet *outlet);
	/* The session that said "later" is ready for input again, has more to say, or has closed itself. */
	void (*resume)(struct pop3_outlet *outlet);
	/*
	 * One event for the log: an event name, then key and value in turn, NULL at the end. Values may hold anything; one
	 * that is NULL is left out with its key.
	 */
	void (*log)(struct pop3_outlet *outlet, const char *event, ...);
};

struct pop3_session;

/* NULL when memory is out. config, outlet and address, the client's, must outlive the session. */
struct pop3_session *pop3_session_new(
    const struct pop3_config *config, const char *address, struct pop3_outlet *outlet);

/* Not while pop3_session_busy(). Deletes no message. */
void pop3_session_free(struct pop3_session *session);

void pop3_session_greet(struct pop3_session *session);

/*
 * Takes octets from the client and answers each whole line. Returns how many were taken: all of them, unless the session
 * became busy, has more to say, or closed, or the outlet is full; the rest is given again after outlet->resume(), or when
 * the client has taken what was said.
 */
size_t pop3_session_feed(struct pop3_session *session, const char *bytes, size_t len);

/*
 * The connection is encrypted from now on. To be called before the greeting, or when the handshake of outlet->encrypt()
 * is over: the session then forgets all that it was told.
 */
void pop3_session_encrypted(struct pop3_session *session);

/* A job is under way; feed takes nothing until outlet->resume(). */
bool pop3_session_busy(const struct pop3_session *session);

/*
 * Is it in the midst of an answer of many lines? pop3_session_more() then says a part of the rest, of some 128 KiB at
 * most; it is to be called once the client has taken what was said before, and may make the session busy.
 */
bool pop3_session_sending(const struct pop3_session *session);
void pop3_session_more(struct pop3_session *session);

/* Nothing more is to be read: the connection is to be closed once all output is sent. */
bool pop3_session_closed(const struct pop3_session *session);

/* Has the client logged in? Until then its time is limited. */
bool pop3_session_admitted(const struct pop3_session *session);

/* Ends the session with a last reply, which FTG_IDS, and the midst of an answer, leave unsaid. Not while busy. */
void pop3_session_end(struct pop3_session *session, enum ftg_id id);

#endif
