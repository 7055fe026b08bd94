/* Shared by the files of the POP3 session: its state, and the functions that one file offers the others. */
#ifndef POP3_INTERNAL_H
#define POP3_INTERNAL_H

#include "pop3/session.h"
#include "port/maildrop.h"
#include "session/line.h"
#include "session/login_account.h"

enum {
	/* Octets of a command line with its CRLF: RFC 2449 section 4 requires 255; a long password needs more. */
	POP3_LINE_MAX = 512,
	LISTING_PART = 512, /* lines of a listing that are sent at a time */
};

/* The state of a session. A command is legal in a set of states. */
enum pop3_state {
	POP3_AUTHORIZATION = 1 << 0,
	POP3_ENCRYPTING = 1 << 1, /* between STLS and the end of the handshake */
	POP3_AUTH = 1 << 2,       /* between AUTH and its final reply */
	POP3_TRANSACTION = 1 << 3,
	POP3_CLOSED = 1 << 4,
	POP3_ANY = POP3_AUTHORIZATION | POP3_TRANSACTION,
};

/* A login under way, from its first proof to the open maildrop. Holds secrets, which are wiped when it ends. */
struct login {
	struct job job;
	struct pop3_session *session;
	const char *method;                               /* for the log */
	enum ftg_id refusal;                              /* the reply to a wrong proof */
	bool right;                                       /* of the job */
	struct ftg_reply (*then)(struct pop3_session *s); /* continues when the account is known */
	struct login_account account;
	char name[CREDENTIALS_NAME_MAX + 1]; /* as the client wrote it */
	char password[CREDENTIALS_PASSWORD_MAX + 1];
	struct sasl *sasl; /* of AUTH */
	int status;        /* of its job; enum sasl_status */
};

struct pop3_session {
	const struct pop3_config *config;
	struct session_outlet *outlet;
	const char *address; /* of the client */
	enum pop3_state state;
	bool busy;
	bool feeding; /* pop3_session_feed() is running: a job that ends meanwhile needs no resume() */
	bool encrypted;
	bool utf8;                 /* the client has sent UTF8 */
	unsigned errors;           /* errors that count towards max_errors */
	const char *cause;         /* of the refusal under way, as the log names it; NULL: none */
	char *stamp;               /* the timestamp of the greeting; NULL: none */
	char *name;                /* argument of USER; NULL: none */
	char *user;                /* address of the user who has logged in; NULL: none */
	struct login *login;       /* the login under way; NULL: none */
	struct maildrop *maildrop; /* NULL: nobody has logged in */
	/* Sends the next part of an answer of many lines; NULL: no such answer is under way. */
	void (*more)(struct pop3_session *s);
	size_t next; /* message or language of the next of these lines */
	struct {
		size_t fetched, removed;
	} tally; /* for the log */
	struct line_reader line;
};

/* A refusal whose reply has several causes: keeps this one for the log. Returns the reply. */
static inline struct ftg_reply
refuse_for(struct pop3_session *s, enum ftg_id id, const char *cause)
{
	s->cause = cause;
	return ftg_reply(id);
}

/* commands.c: runs a command line and sends its reply. */
void pop3_run(struct pop3_session *s, const struct line *line);

/* commands.c: refuses a TLS handshake that came in place of a command, and closes the session. */
void pop3_refuse_tls(struct pop3_session *s);

/* reply.c: sends a reply; one that refuses is logged with s->cause, and counted, and may end the session. */
void pop3_reply(struct pop3_session *s, struct ftg_reply reply);

/* reply.c: sends a line of printf's form and its CRLF, cut at POP3_LINE_MAX octets. */
void pop3_send_line(struct pop3_session *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* reply.c: logs a refusal; logs an event with the error of the maildrop. */
void pop3_log_refusal(const struct pop3_session *s, enum ftg_id id);
void pop3_log_failure(const struct pop3_session *s, const char *event);

/* reply.c: must be called when a job has ended. Within pop3_session_feed() the loop there continues by itself. */
void pop3_resume(struct pop3_session *s);

/* The return value of a handler that has sent its reply, or will. */
static inline struct ftg_reply
answered(void)
{
	return ftg_reply(FTG_IDS);
}

/* login.c: the commands USER, PASS and APOP. */
struct ftg_reply login_user(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply login_pass(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply login_apop(struct pop3_session *s, const char *arg, size_t len);

/* login.c: begins a login; refusal is the reply to a wrong proof. False if memory is out. */
bool login_begin(struct pop3_session *s, const char *method, enum ftg_id refusal);

/* login.c: looks up the name that the client gave, then continues with then(); the session is busy until then. */
struct ftg_reply login_look_up(
    struct pop3_session *s, const char *name, struct ftg_reply (*then)(struct pop3_session *s));

/* login.c: the proof was right, or wrong. Opens the maildrop or refuses, and sends the reply. */
struct ftg_reply login_finish(struct pop3_session *s, bool right);

/* login.c: ends a login with a reply, which these send: the server failed; the client cancelled, or sent no proof. */
struct ftg_reply login_fail(struct pop3_session *s, enum ftg_id id);
struct ftg_reply login_cancel(struct pop3_session *s, enum ftg_id id);

/* login.c: forgets who the client is; logs the logout and closes the maildrop, if one is open. */
void login_forget(struct pop3_session *s);

/* login.c: frees a login, if one is under way; login_abandon() counts it as failed if a salt has been shown. */
void login_end(struct pop3_session *s);
void login_abandon(struct pop3_session *s);

/* login.c: may the client send its password in clear text? */
bool login_may_be_plain(const struct pop3_session *s);

/* login.c: is the address of the client on the temporary blacklist? */
bool login_is_barred(const struct pop3_session *s);

/* exchange.c: the command AUTH, and a further line of its exchange (RFC 5034). */
struct ftg_reply exchange_start(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply exchange_line(struct pop3_session *s, const struct line *line);

/* exchange.c: writes the names of the mechanisms that AUTH offers, each with a space before it. */
enum { EXCHANGE_NAMES_MAX = 64 };
void exchange_names(const struct pop3_session *s, char names[EXCHANGE_NAMES_MAX]);

/* capa.c: the command CAPA (RFC 2449). */
struct ftg_reply capa_list(struct pop3_session *s, const char *arg, size_t len);

/* stls.c: the command STLS (RFC 2595); is it offered; is a login refused because it is missing? */
struct ftg_reply stls_start(struct pop3_session *s, const char *arg, size_t len);
bool stls_is_offered(const struct pop3_session *s);
bool stls_is_missing(const struct pop3_session *s);

/* lang.c: the commands LANG and UTF8 (RFC 6856). */
struct ftg_reply lang_choose(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply lang_utf8(struct pop3_session *s, const char *arg, size_t len);

/* listing.c: the commands STAT, LIST and UIDL (RFC 1939). */
struct ftg_reply listing_stat(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply listing_list(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply listing_uidl(struct pop3_session *s, const char *arg, size_t len);

/*
 * listing.c: sends the first line of an answer of many lines. more() sends the other lines, a part in each call, and sets
 * s->more to NULL after the last.
 */
struct ftg_reply listing_begin(struct pop3_session *s, struct ftg_reply first, void (*more)(struct pop3_session *s));

/* message.c: the commands RETR and TOP (RFC 1939). */
struct ftg_reply message_retrieve(struct pop3_session *s, const char *arg, size_t len);
struct ftg_reply message_top(struct pop3_session *s, const char *arg, size_t len);

/*
 * number.c: parses a decimal number at the start of an argument, and moves past it and the spaces after it; false if there
 * is none. A number that is too large for size_t becomes larger than any count.
 */
bool number_parse(const char **arg, size_t *len, size_t *number);

/* number.c: the same for the number of a message; returns the refusal if there is no such message, else FTG_IDS. */
struct ftg_reply number_message(struct pop3_session *s, const char **arg, size_t *len, size_t *number);

#endif
