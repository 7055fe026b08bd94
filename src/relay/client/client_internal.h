/* Shared by the parts of the client: the state of one connection. client.c drives it; the others handle replies. */
#ifndef RELAY_CLIENT_INTERNAL_H
#define RELAY_CLIENT_INTERNAL_H

#include <ftgate/reply.h>

#include "relay/client/client.h"
#include "relay/client/message_reader.h"
#include "relay/client/peer.h"

enum extension {
	EXTENSION_PIPELINING = 1 << 0,
	EXTENSION_8BITMIME = 1 << 1,
	EXTENSION_SMTPUTF8 = 1 << 2,
	EXTENSION_DSN = 1 << 3,
	EXTENSION_SIZE = 1 << 4,
	EXTENSION_STARTTLS = 1 << 5,
	EXTENSION_AUTH = 1 << 6,
};

/* The event that the connection waits for. */
enum client_state {
	CLIENT_DIALING,
	CLIENT_ENCRYPTING,
	CLIENT_GREETING, /* from here to CLIENT_END: the reply to it */
	CLIENT_EHLO,     /* or LHLO */
	CLIENT_HELO,
	CLIENT_STARTTLS,
	CLIENT_AUTH,
	CLIENT_RSET,
	CLIENT_MAIL,
	CLIENT_RCPT,
	CLIENT_DATA,
	CLIENT_END,       /* of the message */
	CLIENT_READING,   /* a block of the message */
	CLIENT_SENDING,   /* it */
	CLIENT_OBJECTION, /* why the server broke off while the message was sent */
	CLIENT_ENDED,     /* every recipient has its result */
	CLIENT_IDLE,
	CLIENT_QUITTING,
	CLIENT_STATES
};

struct login;

struct client {
	struct dialer *dialer;
	struct executor *disk;
	struct channel *channel;
	struct transport *transport;
	void (*done)(struct client *client);
	void *owner;
	struct transport_manner manner;
	struct channel_address address;
	char *name;  /* of the server; NULL: none */
	char *names; /* those of the manner */
	enum client_state state;
	int64_t until; /* deadline of the reply, by the dialer's clock */
	bool secure, tls_failed;
	bool proven;     /* a reply has come over TLS: in TLS 1.3 the server's refusal follows the client's handshake */
	bool broken_off; /* the connection has failed, by the server and not by a deadline or by this server's end */
	bool stopping;   /* it has failed because this server is stopping */
	bool stale;      /* it was idle, and the server did not answer RSET */
	bool delivered;  /* the server has accepted the message */
	bool refused;    /* and has refused a recipient */
	bool unfinished; /* another connection may bring a result to recipients that have none */
	unsigned extensions;
	uint64_t size_max;               /* 0: none was declared */
	char mechanisms[512];            /* of AUTH, separated by spaces */
	unsigned transactions;           /* on behalf of this transport, with the one under way */
	size_t next, batch;              /* the recipient whose reply is next; the first one that has not been sent */
	size_t named, replies, accepted; /* recipients of the transaction; replies about them; those accepted */
	bool full;                       /* the server accepts no more recipients in this transaction */
	const char *fault;               /* why the message could not be sent to its end */
	struct login *login;
	struct message_reader *reader;
	char tls[CHANNEL_ERROR_SIZE]; /* why it failed, or its protocol and cipher; "": none yet */
	struct peer peer;
	struct peer_reply reply;
};

/* Tells the transport what TLS the connection has. */
void client_tell_tls(const struct client *c);

/* client_settle.c: gives all recipients that have no result this one; detail is "" for none. */
void client_settle(struct client *c, enum transport_result result, enum ftg_id reason, const char *detail);

/* Writes the last reply as one line with its code, as much of it as fits, cut between characters. */
void client_write_reply(const struct client *c, char *text, size_t size);

/*
 * Sets the result of one recipient, or of all without one, from the last reply or the fault: done for 2xx, failed for
 * 5xx, otherwise later. client_defer gives "later" whatever the reply, since it is about this server and not about the
 * message.
 */
void client_settle_by_reply(struct client *c);
void client_settle_one(struct client *c, struct transport_recipient *recipient);
void client_defer(struct client *c);

/* Fails all recipients that have no result by a reply of this server, which has no arguments. */
void client_settle_by_own(struct client *c, enum ftg_id id);

/* Has any recipient no result yet? */
bool client_is_any_left(const struct client *c);

/* Waits for the reply to the commands in the output, up to the time limit of a reply. */
void client_expect(struct client *c, enum client_state state);

/* client_mail.c: begins with the message; handle replies to MAIL, RCPT, DATA, and to its end. */
void client_begin_mail(struct client *c);
void client_on_mail(struct client *c);
void client_on_rcpt(struct client *c);

/* Handle the reply to DATA, the reply to the end of the message, and a reply that comes before that end. */
void client_on_data(struct client *c);
void client_on_end(struct client *c);
void client_on_objection(struct client *c);

/* The message has been sent to its end. */
void client_message_sent(struct client *c);

/*
 * The connection has failed: gives all recipients a result. If the reply to the end of the message has begun with 2yz,
 * the server has accepted the message, and it must not be sent again.
 */
void client_end_broken(struct client *c);

/*
 * client_resume.c: the connection has failed, or the server has ended the session. Returns true if another connection may
 * bring recipients that have no result theirs, and decides which ones that connection names (see transport_naming).
 */
bool client_resume(struct client *c);

/* client_login.c: begins to log in, then starts the message; handles replies to AUTH; frees the state of a login. */
void client_begin_login(struct client *c);
void client_on_auth(struct client *c);
void client_end_login(struct client *c);

/* client_open.c: handle the greeting and replies to EHLO, HELO, STARTTLS; and the result of TLS. */
void client_on_greeting(struct client *c);
void client_on_ehlo(struct client *c);
void client_on_helo(struct client *c);

/* Handle the reply to STARTTLS, and the end of the handshake. */
void client_on_starttls(struct client *c);
void client_on_encrypted(struct client *c, bool secure);

/* Gives all recipients the result that there is no TLS with the server, and ends. why is an English phrase. */
void client_fail_tls(struct client *c, const char *why);

#endif
