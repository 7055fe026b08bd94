/* A POP3 session: reads octets, sends replies. Uses no socket, no clock and no thread. */
#ifndef POP3_SESSION_H
#define POP3_SESSION_H

#include "base/log/stats.h"
#include "port/directory.h"
#include "port/job.h"
#include "port/limiter.h"
#include "session/outlet.h"

#include <ftgate/reply.h>
#include <stdbool.h>
#include <stddef.h>

struct sasl_server;

enum { POP3_STAMP_SIZE = 40 };

/* Shared by all sessions of a listener. Must outlive them. */
struct pop3_config {
	const char *hostname;
	enum ftg_profile profile; /* of the replies; RESP-CODES and AUTH-RESP-CODE are offered under FTG_STRICT only */
	unsigned max_errors;      /* wrong commands and failed logins of a session before FTG_POP_ERRORS ends it */
	unsigned
	    login_delay;     /* seconds between logins of an account, shown by CAPA, enforced by the limiter; 0: none */
	bool downgrade;      /* a client without UTF8 gets surrogates (RFC 6858); false: #7.21 */
	bool tls_required;   /* no login before TLS: #5.03 */
	bool plain_in_clear; /* USER, PLAIN and LOGIN without TLS, too; #5.04 otherwise */
	unsigned mechanisms; /* offered by AUTH: a set of 1 << enum sasl_mechanism */
	struct sasl_server *sasl; /* NULL: no AUTH */
	/*
	 * Writes digits and dots, different ones in each call: the part of an APOP
	 * timestamp before the host name (RFC 1939 section 7). NULL: no APOP.
	 */
	void (*stamp)(char digits[POP3_STAMP_SIZE]);
	bool (*verify)(const char *password, const char *hash); /* as for sasl_server_new() */
	struct executor *hasher;                                /* checks passwords, a few at a time */
	struct stats_slot *stats;                               /* counts messages and logins; NULL: none */
	struct limiter *limiter;                                /* limits by address and account; NULL: none */
	struct directory *directory;
	struct mail_folder *folder; /* of all mail */
	struct executor *executor;
};

struct pop3_session;

/* Makes a session. config, outlet and address, the client's, must outlive it. NULL when memory is out. */
struct pop3_session *pop3_session_new(
    const struct pop3_config *config, const char *address, struct session_outlet *outlet);

/* Frees a session, which must not be busy. Deletes no message. */
void pop3_session_free(struct pop3_session *session);

/* Sends the greeting. */
void pop3_session_greet(struct pop3_session *session);

/*
 * Reads octets from the client and answers each whole line. Returns how many were read: all of them, unless the session
 * became busy or closed, has more to send, or the outlet is full. The rest must be given again after outlet->resume(),
 * or once the client has read the output.
 */
size_t pop3_session_feed(struct pop3_session *session, const char *bytes, size_t len);

/*
 * Reports that the connection is encrypted: before the greeting, or after the handshake of outlet->encrypt(). The
 * session then forgets everything that the client has stated.
 */
void pop3_session_encrypted(struct pop3_session *session);

/* Is a job under way? pop3_session_feed() reads nothing until outlet->resume(). */
bool pop3_session_busy(const struct pop3_session *session);

/*
 * Is an answer of many lines under way? pop3_session_more() then sends the next part of it, of some 128 KiB at most. It
 * must be called once the client has read the part before, and may make the session busy.
 */
bool pop3_session_sending(const struct pop3_session *session);
void pop3_session_more(struct pop3_session *session);

/* Has the session ended? The connection must be closed once all output is sent. */
bool pop3_session_closed(const struct pop3_session *session);

/* Has the client logged in? Until then its time is limited. */
bool pop3_session_admitted(const struct pop3_session *session);

/* Ends the session with a last reply. None is sent for FTG_IDS, or within an answer of many lines. Not while busy. */
void pop3_session_end(struct pop3_session *session, enum ftg_id id);

#endif
