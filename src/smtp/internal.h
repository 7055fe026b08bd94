/* What the files of the SMTP session share. */
#ifndef SMTP_INTERNAL_H
#define SMTP_INTERNAL_H

#include "session/line.h"
#include "smtp/data.h"
#include "smtp/envelope.h"
#include "smtp/policy/policy.h"
#include "smtp/session.h"

enum {
	SMTP_LINE_MAX =
	    2048, /* octets of a command line with its CRLF; RFC 5321 4.5.3.1.4 and the extensions ask for 574 */
	SMTP_HELD_MAX = 512, /* octets kept of what a refusal names, as many as a reply shows */
	SMTP_NAME_MAX = 255, /* octets kept of the name that a client gives itself */
};

/* A session is in one of these; a command is legal in a set of them. */
enum smtp_state {
	SMTP_START = 1 << 0,      /* greeted; no EHLO or HELO yet */
	SMTP_READY = 1 << 1,      /* no transaction */
	SMTP_SENDER = 1 << 2,     /* MAIL accepted */
	SMTP_RECIPIENT = 1 << 3,  /* RCPT accepted, one at least */
	SMTP_DATA = 1 << 4,       /* between DATA and the answer to the message */
	SMTP_ENCRYPTING = 1 << 5, /* between STARTTLS and the end of the handshake */
	SMTP_AUTH = 1 << 6,       /* between AUTH and its answer */
	SMTP_CHUNK = 1 << 7,      /* between BDAT and the last octet of its chunk */
	SMTP_CHUNKS = 1 << 8,     /* between one chunk of a message and the next */
	SMTP_CLOSED = 1 << 9,
	SMTP_MESSAGE = SMTP_DATA | SMTP_CHUNK | SMTP_CHUNKS,
	SMTP_ANY = SMTP_START | SMTP_READY | SMTP_SENDER | SMTP_RECIPIENT | SMTP_CHUNKS,
};

/* A refusal that is held back, with a copy of what it names. */
struct held_reply {
	struct job job;
	struct ftg_reply reply;
	char text[SMTP_HELD_MAX];
};

/* What a message is refused for, and the cause that the log names; NULL: nothing. */
struct message_fault {
	enum ftg_id id;
	const char *cause;
};

/* The message that is coming in. */
struct message {
	struct delivery *delivery;    /* NULL once the message is sure to be refused; the rest is read and dropped */
	struct header_checks *checks; /* made even where there is no delivery; NULL when the message has ended */
	size_t size;                  /* octets, stuffed dots not counted */
	struct data_scanner scanner;
	enum delivery_result result;
	struct message_fault fault; /* that was found in what it says */
	bool unfit;                 /* for its content: what is held back tells why */
	bool refused;               /* has been logged */
	bool cr;                    /* of what is normalised, is held back */
};

/* A chunk that is coming in (RFC 3030). */
struct chunk {
	uint64_t left; /* octets */
	bool last;
	enum smtp_state before;   /* the state that a chunk out of place leaves as it was */
	struct ftg_reply refusal; /* of one that is out of place; FTG_IDS: it is the message's */
};

/* What blocklists say of the client. */
enum listing { LISTING_UNKNOWN, LISTING_CLEAN, LISTING_LISTED };

struct smtp_session {
	const struct smtp_config *config;
	struct smtp_outlet *outlet;
	struct smtp_peer peer;
	enum smtp_state state;
	bool extended; /* EHLO, not HELO */
	bool busy;
	bool feeding;     /* smtp_session_feed() is running: a job that ends meanwhile needs no resume() */
	unsigned errors;  /* refused commands */
	unsigned unknown; /* of them, unknown recipients; refusals to relay */
	unsigned relay;
	unsigned access;  /* what the lists say of the client: a set of enum access_kind */
	bool blacklisted; /* the client is for a while, and was when it came */
	enum listing listing;
	char *client_name;   /* the client's in the DNS, if that name has its address; NULL: unknown */
	char *name;          /* what the client calls itself; NULL before EHLO */
	const char *version; /* of TLS; NULL: not encrypted */
	const char *cipher;
	const char *cause;     /* of the refusal under way, as the log names it; NULL: none */
	struct span path;      /* of the MAIL or RCPT command under way, for the log; no text otherwise */
	char *user;            /* who has logged in; NULL: nobody */
	int64_t account;       /* of that user */
	unsigned rights;       /* and what it may do: a set of enum account_flag, as of the login */
	const char *mechanism; /* by which that was */
	unsigned transactions; /* begun */
	struct auth *auth;     /* NULL: no AUTH is under way */
	struct line_reader line;
	struct envelope envelope;
	enum posting_right post;      /* of the recipient that is being added */
	struct envelope_mark without; /* before the recipient that is being added */
	struct message message;
	struct chunk chunk;
	struct held_reply held;
	struct policy_run policy;
};

/*
 * commands.c: runs a command line and answers it. Refuses a TLS handshake in its place, and closes. Forgets the transaction.
 * Answers a command that was put off.
 */
void command_run(struct smtp_session *s, const struct line *line);
void command_refuse_tls(struct smtp_session *s);
void command_reset(struct smtp_session *s);
void command_answer(struct smtp_session *s, struct ftg_reply reply);

/* session.c: a job has ended. Within smtp_session_feed() its loop goes on by itself. */
void session_wake(struct smtp_session *s);

/* recipient.c: what RCPT with an address comes to. The reply's ID is FTG_IDS where it is put off. */
struct ftg_reply recipient_add(struct smtp_session *s, const struct address *address);

/*
 * auth.c: AUTH, and a further line of its exchange. Is it offered, with which names? Is a command out of place because
 * nobody has logged in? Ends an exchange that is under way; the same for one that the client does not finish, which is a
 * failed login once the client has seen a salt.
 */
enum { AUTH_NAMES_MAX = 64 };
struct ftg_reply auth_start(struct smtp_session *s, const char *arg, size_t len);
struct ftg_reply auth_line(struct smtp_session *s, const struct line *line);
bool auth_is_offered(const struct smtp_session *s);
void auth_names(const struct smtp_session *s, char names[AUTH_NAMES_MAX]);
bool auth_is_missing(const struct smtp_session *s);
void auth_end(struct smtp_session *s);
void auth_abandon(struct smtp_session *s);

/* lookup.c: VRFY, EXPN, ETRN. May this client ask? */
struct ftg_reply lookup_verify(struct smtp_session *s, const char *text, size_t len);
struct ftg_reply lookup_expand(struct smtp_session *s, const char *text, size_t len);
struct ftg_reply lookup_queue(struct smtp_session *s, const char *text, size_t len);
bool lookup_is_allowed(const struct smtp_session *s, enum smtp_audience audience);

/* encryption.c: STARTTLS. Is it offered? Is a command out of place because it has not come? */
struct ftg_reply encryption_start(struct smtp_session *s, const char *arg, size_t len);
bool encryption_is_offered(const struct smtp_session *s);
bool encryption_is_missing(const struct smtp_session *s);

/*
 * refusal.c: the answer to a recipient that is unknown, or would have to be relayed, which may end the session; to one
 * that is a spamtrap, or has moved; to trouble with the mailboxes of an address. Is the recipient one too many in this
 * hour? Refuses the client's address for a while. Says a refusal, late where that is wanted.
 */
struct ftg_reply refusal_unknown(struct smtp_session *s);
struct ftg_reply refusal_relay(struct smtp_session *s);
struct ftg_reply refusal_spamtrap(struct smtp_session *s);
struct ftg_reply refusal_moved(struct smtp_session *s, const char *to);
struct ftg_reply refusal_delivery(enum delivery_result result, struct span address);
bool refusal_too_many(struct smtp_session *s);
void refusal_blacklist(struct smtp_session *s, enum ftg_id cause);
void refusal_say(struct smtp_session *s, struct ftg_reply reply);

/* refusal.c: keeps a reply for later, with a copy of what it names. */
void held_keep(struct held_reply *held, struct ftg_reply reply);

/* ehlo.c: says the answer to EHLO and HELO. */
void ehlo_answer(const struct smtp_session *s);
void helo_answer(const struct smtp_session *s);

/* message.c: begins the message of the envelope; false when memory is out. Feeds it, drops it. */
bool message_begin(struct smtp_session *s);
size_t message_feed(struct smtp_session *s, const char *bytes, size_t len);
void message_abandon(struct smtp_session *s);

/*
 * For messages that come in chunks: adds octets; has the delivery write what it has got, where there is enough; ends the
 * message. What would be answered if that were its end.
 */
void message_append(struct smtp_session *s, const char *bytes, size_t len);
void message_flush(struct smtp_session *s);
void message_end(struct smtp_session *s);

/* message.c: keeps the result of a step of the delivery, and logs the cause of a failure. */
void message_note_outcome(struct smtp_session *s, const struct delivery_outcome *outcome);
struct ftg_reply message_verdict(const struct smtp_session *s);

/*
 * policy/header_checks.c: looks at the message while it streams by. Begins, false when memory is out; reads; ends, as the
 * message does; lets go of it. message.fault tells what has been found.
 */
bool header_checks_begin(struct smtp_session *s);
void header_checks_read(struct smtp_session *s, const char *bytes, size_t len);
void header_checks_end(struct smtp_session *s);
void header_checks_forget(struct smtp_session *s);

/* bdat.c: BDAT, and the octets of its chunk. */
struct ftg_reply bdat_start(struct smtp_session *s, const char *arg, size_t len);
size_t bdat_feed(struct smtp_session *s, const char *bytes, size_t len);

/*
 * trace.c: writes the Return-Path and Delivered-To lines of the message for mailboxes, *local octets of them, then the lines
 * of policy services, which RFC 7208 section 9.1 wants above Received, and that. Returns the length of all, 0 where they
 * don't fit.
 */
enum { TRACE_MAX = 4096 + ENVELOPE_LINES_MAX };
size_t trace_write(char buf[TRACE_MAX], const struct smtp_session *s, size_t *local);

/*
 * remote.c: may this client send to other servers? Is there a way to a domain? Completes the queue entry of the message
 * that begins, but for skip and size; false when memory is out.
 */
bool relay_is_allowed(const struct smtp_session *s);
bool relay_has_route(const struct smtp_session *s, const char *domain);
bool relay_complete(struct smtp_session *s);

/*
 * xlang.c: XLANG. Is it offered, with which tags? Passes on a wish for the language of the replies, "" for none any more.
 */
struct ftg_reply xlang_choose(struct smtp_session *s, const char *arg, size_t len);
bool xlang_is_offered(const struct smtp_session *s);
void xlang_names(const struct smtp_session *s, char *names, size_t room);
void session_wish(struct smtp_session *s, enum language_source whose, const char *language);

/* event.c: log a refusal; the acceptance of the message. */
void event_refused(const struct smtp_session *s, const struct ftg_reply *reply);
void event_message(const struct smtp_session *s);

/* event.c: logs why a message was not delivered, or a recipient not checked. */
void event_failed_delivery(const struct smtp_session *s, const struct delivery_outcome *outcome);

#endif
