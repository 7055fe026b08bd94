/* Shared by the files of the SMTP session: its state, and the functions that one file offers the others. */
#ifndef SMTP_INTERNAL_H
#define SMTP_INTERNAL_H

#include "base/text/field_edits.h"
#include "session/line.h"
#include "smtp/data.h"
#include "smtp/envelope.h"
#include "smtp/policy/policy.h"
#include "smtp/session.h"

enum {
	SMTP_LINE_MAX =
	    2048, /* octets of a command line with its CRLF; RFC 5321 4.5.3.1.4 and the extensions require 574 */
	SMTP_HELD_MAX = 512, /* octets kept of a refusal's argument, as many as a reply shows */
	SMTP_NAME_MAX = 255, /* octets kept of the name in EHLO or HELO */
};

/* The state of a session. A command is legal in a set of states. */
enum smtp_state {
	SMTP_START = 1 << 0,      /* greeted; no EHLO or HELO yet */
	SMTP_READY = 1 << 1,      /* no transaction */
	SMTP_SENDER = 1 << 2,     /* MAIL accepted */
	SMTP_RECIPIENT = 1 << 3,  /* at least one RCPT accepted */
	SMTP_DATA = 1 << 4,       /* between DATA and the reply to the message */
	SMTP_ENCRYPTING = 1 << 5, /* between STARTTLS and the end of the handshake */
	SMTP_AUTH = 1 << 6,       /* between AUTH and its final reply */
	SMTP_CHUNK = 1 << 7,      /* between BDAT and the last octet of its chunk */
	SMTP_CHUNKS = 1 << 8,     /* between two chunks of a message */
	SMTP_CLOSED = 1 << 9,
	SMTP_MESSAGE = SMTP_DATA | SMTP_CHUNK | SMTP_CHUNKS,
	SMTP_ANY = SMTP_START | SMTP_READY | SMTP_SENDER | SMTP_RECIPIENT | SMTP_CHUNKS,
};

/* A reply that is sent later, with a copy of its argument. */
struct lookup;

struct held_reply {
	struct job job;
	struct ftg_reply reply;
	char text[SMTP_HELD_MAX];
};

/* Why a message is refused, and the cause that the log names; cause NULL: it is not. */
struct message_fault {
	enum ftg_id id;
	const char *cause;
};

/* Changes to the header of a message. */
struct message_edits {
	struct field_edits due;   /* before it is examined */
	struct field_edits asked; /* by filters */
};

/* The message that is being received. */
struct message {
	struct delivery *delivery;    /* NULL once the message is certain to be refused; the rest is read and dropped */
	struct header_checks *checks; /* NULL once the message has ended; used without a delivery, too */
	struct message_edits *edits;  /* NULL: none, and no filter has been asked */
	size_t size;                  /* octets, without stuffed dots */
	struct data_scanner scanner;
	struct message_fault fault;  /* found in the header or the content */
	enum delivery_result result; /* of the delivery so far */
	bool unfit;                  /* a check of the content refused it: held.reply */
	bool refused;                /* the refusal has been logged */
	bool cr;                     /* normalise() holds back a CR */
	int64_t ended;               /* when its last octet was read, in seconds since 1970 */
};

/* The chunk that is being received (RFC 3030). */
struct chunk {
	uint64_t left; /* octets not received yet */
	bool last;
	enum smtp_state before;   /* to return to if the chunk is refused */
	struct ftg_reply refusal; /* of the chunk itself, not of the message; FTG_IDS: none */
};

/* The own texts of the access entries that refuse the client and the sender; NULL: none. */
struct access_texts {
	ftg_text *client, *sender;
};

/* The blocklists' verdict on the client. */
enum listing { LISTING_UNKNOWN, LISTING_CLEAN, LISTING_LISTED };

struct smtp_session {
	const struct smtp_config *config;
	struct session_outlet *outlet;
	struct smtp_peer peer;
	enum smtp_state state;
	bool extended;         /* the client sent EHLO, not HELO */
	bool busy;             /* a job or a question is under way */
	bool feeding;          /* smtp_session_feed() is running: a job that ends meanwhile needs no resume() */
	bool blacklisted;      /* the address was on the temporary blacklist at the start of the session */
	unsigned char access;  /* of the client's address: a set of enum access_kind */
	bool access_unknown;   /* the directory could not be asked for access, which is 0 */
	unsigned char rights;  /* of the user when it logged in: a set of enum account_flag */
	unsigned char hidden;  /* enum directory_verdict of a recipient whose refusal hides it; DIRECTORY_FOUND: none */
	unsigned errors;       /* refusals that count towards max_errors */
	unsigned unknown;      /* unknown recipients */
	unsigned relay;        /* refusals to relay */
	unsigned transactions; /* number begun */
	enum listing listing;
	char *client_name;   /* name of the client in the DNS, if that name has its address; NULL: unknown */
	char *name;          /* argument of EHLO or HELO; NULL before it */
	const char *version; /* TLS version; NULL: not encrypted */
	const char *cipher;
	const char *cause;           /* of the next refusal, for the log; NULL: none */
	struct span path;            /* of the MAIL or RCPT command under way, for the log; text NULL otherwise */
	char *user;                  /* the user who has logged in; NULL: none */
	int64_t account;             /* number of that user */
	struct account_rates *rates; /* its own, as they were when it logged in; NULL: none */
	const char *mechanism;       /* of that login */
	struct access_texts *texts;  /* own texts of access entries; NULL: none */
	struct members *members;     /* of the EXPN that is being answered, not sent yet; NULL: none */
	struct auth *auth;           /* the AUTH exchange under way; NULL: none */
	struct line_reader line;
	struct envelope envelope;
	struct lookup *lookup; /* questions to the directory; NULL: none */
	struct message message;
	struct chunk chunk;
	struct held_reply held;
	struct policy_run policy;
};

/*
 * Handlers return the reply to a command. One that has sent its reply, or will
 * send it later by smtp_reply(), returns a reply with the ID FTG_IDS.
 */

/* A refusal whose reply has several causes: keeps this one for the log. Returns the reply. */
static inline struct ftg_reply
refuse_for(struct smtp_session *s, enum ftg_id id, const char *cause)
{
	s->cause = cause;
	return ftg_reply(id);
}

/* commands.c: runs a command line and sends its reply. */
void command_run(struct smtp_session *s, const struct line *line);

/*
 * commands.c: is this a RCPT command, that parses without error in the state of
 * the session? Writes its address. Does not change the session.
 */
bool command_names_recipient(struct smtp_session *s, struct span text, struct address *address);

/* commands.c: refuses a TLS handshake that came in place of a command, and closes the session. */
void command_refuse_tls(struct smtp_session *s);

/*
 * reply.c: sends a reply. One that refuses is counted and logged, may close the session, and is held back for
 * tarpit_delay. Clears s->path and s->cause.
 */
void smtp_reply(struct smtp_session *s, struct ftg_reply reply);

/* reply.c: must be called when a job has ended. Within smtp_session_feed() the loop there continues by itself. */
void smtp_resume(struct smtp_session *s);

/* reply.c: keeps a reply, with a copy of its first argument; the copy is cut at SMTP_HELD_MAX octets. */
void held_keep(struct held_reply *held, struct ftg_reply reply);

/* recipient.c: adds the recipient of a RCPT command whose address has passed the policy. */
struct ftg_reply recipient_add(struct smtp_session *s, const struct address *address);

/* auth.c: the command AUTH, and a further line of its exchange (RFC 4954). */
struct ftg_reply auth_start(struct smtp_session *s, const char *arg, size_t len);
struct ftg_reply auth_line(struct smtp_session *s, const struct line *line);

/* auth.c: is AUTH offered, and with which mechanisms: each with a space before it. */
enum { AUTH_NAMES_MAX = 64 };
bool auth_is_offered(const struct smtp_session *s);
void auth_names(const struct smtp_session *s, char names[AUTH_NAMES_MAX]);

/* auth.c: must the client log in before it may send MAIL? */
bool auth_is_missing(const struct smtp_session *s);

/* auth.c: ends the exchange under way, if any; auth_abandon() counts it as a failed login if a salt has been shown. */
void auth_end(struct smtp_session *s);
void auth_abandon(struct smtp_session *s);

/* lookup.c: the commands VRFY, EXPN (RFC 5321 section 3.5) and ETRN (RFC 1985). */
struct ftg_reply lookup_verify(struct smtp_session *s, const char *text, size_t len);
struct ftg_reply lookup_expand(struct smtp_session *s, const char *text, size_t len);
struct ftg_reply lookup_queue(struct smtp_session *s, const char *text, size_t len);

/* lookup.c: sends the next part of s->members, and frees them after the last. */
void lookup_send_members(struct smtp_session *s);

/* lookup.c: does the client belong to this audience? */
bool lookup_is_allowed(const struct smtp_session *s, enum smtp_audience audience);

/* starttls.c: the command STARTTLS (RFC 3207); is it offered; is a command refused because it is missing? */
struct ftg_reply starttls_start(struct smtp_session *s, const char *arg, size_t len);
bool starttls_is_offered(const struct smtp_session *s);
bool starttls_is_missing(const struct smtp_session *s);

/*
 * policy/access_text.c: compiles the own text of the entry that refuses the client, of the kinds in s->access, or the
 * sender; "" is none. access_texts_free() when the session ends.
 */
void access_text_of_client(struct smtp_session *s, const char *text);
void access_text_of_sender(struct smtp_session *s, const char *text);
void access_texts_free(struct smtp_session *s);

/* refusal.c: the reply to an unknown recipient, and to one that would have to be relayed; may close the session. */
struct ftg_reply refusal_unknown(struct smtp_session *s);
struct ftg_reply refusal_relay(struct smtp_session *s);

/* refusal.c: the reply to a recipient that is a spamtrap, which blacklists the client; to one that has moved. */
struct ftg_reply refusal_spamtrap(struct smtp_session *s);
struct ftg_reply refusal_moved(struct smtp_session *s, const char *to);

/*
 * refusal.c: the reply to a recipient of a neutral domain that gets no mail:
 * that to an unknown one, by the same counts. The truth is for the log.
 */
struct ftg_reply refusal_neutral(struct smtp_session *s, enum directory_verdict truth);

/* refusal.c: the reply to a failed delivery, or quota check, to a mailbox of this address. */
struct ftg_reply refusal_delivery(enum delivery_result result, struct span address);

/*
 * refusal.c: is the sender over a limit of an hour or a day, which session.cause may then name? The second function
 * counts a recipient, before it is added to the envelope.
 */
bool refusal_is_over(struct smtp_session *s);
bool refusal_count(struct smtp_session *s);

/*
 * refusal.c: puts the address of a client that has not logged in on the temporary blacklist; the log names the cause.
 */
void refusal_blacklist(struct smtp_session *s, enum ftg_id cause);

/* ehlo.c: sends the answers to EHLO and HELO (RFC 5321 section 4.1.1.1). */
void ehlo_answer(const struct smtp_session *s);
void helo_answer(const struct smtp_session *s);

/* ehlo.c: is DSN (RFC 3461) offered to the client, and are its parameters permitted? */
bool ehlo_offers_dsn(const struct smtp_session *s);

/* message.c: begins the message of the envelope; false when memory is out. */
bool message_begin(struct smtp_session *s);

/* message.c: reads octets of the message after DATA; returns how many were read. */
size_t message_feed(struct smtp_session *s, const char *bytes, size_t len);

/* message.c: drops the message under way, if any. transaction_reset() drops its envelope, too (RSET). */
void message_abandon(struct smtp_session *s);
void transaction_reset(struct smtp_session *s);

/* message.c, for chunks: adds octets; has the delivery flush its buffer, if it must; ends the message. */
void message_append(struct smtp_session *s, const char *bytes, size_t len);
void message_flush(struct smtp_session *s);
void message_end(struct smtp_session *s);

/* message.c: the changes to the header, which are made with the first call; NULL when memory is out. */
struct message_edits *message_edits(struct smtp_session *s);

/* message.c: the reply to the message if it ended here. */
struct ftg_reply message_verdict(const struct smtp_session *s);

/* message.c: keeps the result of a step of the delivery, and logs the cause of a failure. */
void message_note_outcome(struct smtp_session *s, const struct delivery_outcome *outcome);

/*
 * policy/header_checks.c: the checks of a message while it streams by. Begins them, false when memory is out; reads
 * octets; ends with the message; frees the state. message.fault is their result.
 */
bool header_checks_begin(struct smtp_session *s);
void header_checks_read(struct smtp_session *s, const char *bytes, size_t len);
void header_checks_end(struct smtp_session *s);
void header_checks_forget(struct smtp_session *s);

/* bdat.c: the command BDAT (RFC 3030), and the octets of its chunk; returns how many were read. */
struct ftg_reply bdat_start(struct smtp_session *s, const char *arg, size_t len);
size_t bdat_feed(struct smtp_session *s, const char *bytes, size_t len);

/*
 * trace.c: writes the lines before the message: the Return-Path and Delivered-To lines for mailboxes here, *local
 * octets; then the lines of policy services, which RFC 7208 section 9.1 requires above Received; then Received (RFC
 * 5321 section 4.4). Returns the length of all of it, 0 if it does not fit.
 */
enum { TRACE_MAX = 4096 + ENVELOPE_LINES_MAX };
size_t trace_write(char buf[TRACE_MAX], const struct smtp_session *s, size_t *local);

/* relaying.c: may this client send to other servers; is there a route to a domain? */
bool relaying_is_allowed(const struct smtp_session *s);
bool relaying_has_route(const struct smtp_session *s, const char *domain);

/*
 * relaying.c: completes the queue entry of the message that begins, but for
 * local_prefix_len and size; false when memory is out.
 */
bool relaying_complete(struct smtp_session *s);

/* relaying.c: writes the messages of lists, and has the delivery store them, too; false when memory is out. */
bool relaying_add_lists(struct smtp_session *s);

/*
 * forwarding.c: the sender under which the mail of an alias goes to other servers, written to text; NULL: that of the
 * envelope. The sender of a stranger must be rewritten (SRS), since its SPF record does not name this server, but not
 * the null sender, nor one of a domain that is hosted here.
 */
const char *forwarding_sender(struct smtp_session *s, char text[ADDRESS_TEXT_SIZE]);

/*
 * forwarding.c: the directory has answered about a recipient. If that is a sender that this
 * server has rewritten, asks about the original sender instead and returns true; the directory
 * then answers again. Only the null sender writes there.
 */
bool forwarding_returns(struct smtp_session *s);

/* forwarding.c: logs that a bounce goes to the original sender, if it does. address is that of RCPT. */
void forwarding_log_return(const struct smtp_session *s, struct span address);

/*
 * forwarding.c: may the mail of the session's sender go on to these targets of the recipient? A stranger may not use an
 * address of a domain that is hosted here, for which SPF passes at the next server, without proof. Returns policy_pass(),
 * or the refusal.
 */
struct ftg_reply forwarding_check(struct smtp_session *s, const struct expansion *targets);

/* forwarding.c: the recipient was added: notes in the session's lookup that the author needs proof, too, if its mail goes on. */
void forwarding_note(struct smtp_session *s, const struct expansion *targets);

/*
 * policy/spf.c: has a policy service found that SPF passes for the sender? It says so in the field Received-SPF (RFC 7208
 * section 9.1), with identity=mailfrom.
 */
bool spf_has_passed(const struct smtp_session *s);

/* xlang.c: the command XLANG; is it offered; writes the tags of the languages, each with a space before it. */
struct ftg_reply xlang_choose(struct smtp_session *s, const char *arg, size_t len);
bool xlang_is_offered(const struct smtp_session *s);
void xlang_names(const struct smtp_session *s, char *names, size_t room);

/* xlang.c: sets the language that a source prefers for the replies; "": none. */
void xlang_prefer(struct smtp_session *s, enum language_source source, const char *language);

/* event.c: logs a refusal; the acceptance of the message; the cause of a failed delivery or quota check. */
void event_refused(const struct smtp_session *s, const struct ftg_reply *reply);
void event_message(const struct smtp_session *s);
void event_failed_delivery(const struct smtp_session *s, const struct delivery_outcome *outcome);

/* event.c: logs that a recipient does not get the message, which it has had already. */
void event_returned(const struct smtp_session *s, const char *to);

/*
 * returned.c: leaves out the targets of aliases and lists that have had the message. Mailboxes of aliases are left out
 * only if the delivery is to another server (delivery_ops.narrow). There is a delivery, which is not committed yet.
 */
void returned_leave_out(struct smtp_session *s);

/*
 * event.c: logs that a recipient, as the envelope spells it, stands for other
 * addresses; nothing if it is a mailbox itself.
 */
void event_expanded(const struct smtp_session *s, struct span address, const struct expansion *targets);

#endif
