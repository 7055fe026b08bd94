/* One connection to a server of SMTP or LMTP: does its I/O, and passes each reply to its handler. */
#include "relay/client/client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/client/client_internal.h"

enum { GOODBYE = 2000 }; /* milliseconds for steps that no result depends on any more */

static const char *
fault_of(int error)
{
	switch (error) {
	case ETIMEDOUT: return "no answer in time";
	case ECANCELED: return "this server is stopping";
	case ECONNRESET:
	case EPIPE: return "the connection was broken off";
	default: return "the connection failed";
	}
}

/* "mx.example.net [192.0.2.1]:587", without a name that is missing and without the usual port. */
static void
name_server(struct transport *t)
{
	const struct channel_address *address = &t->address.channel;
	bool path = address->host[0] == '/', port = !path && address->port != 25;
	char number[16] = "";
	if (port)
		snprintf(number, sizeof number, ":%u", address->port);
	snprintf(t->server, sizeof t->server, "%s%s%s%s%s%s", t->address.name != NULL ? t->address.name : "",
	    t->address.name != NULL ? " " : "", path ? "" : "[", address->host, path ? "" : "]", number);
}

static void
attach(struct client *c, struct transport *t, void (*done)(struct client *client))
{
	c->transport = t;
	c->done = done;
	c->fault = NULL;
	c->delivered = c->refused = c->unfinished = c->broken_off = false;
	c->transactions = 0;
	name_server(t);
}

static int64_t
limit(const struct client *c, int64_t until)
{
	const struct transport *t = c->transport;
	return t != NULL && t->deadline != 0 && t->deadline < until ? t->deadline : until;
}

static void
fail(struct client *c, const char *fault)
{
	c->peer.fault = fault;
}

static void
fail_by(struct client *c, int error)
{
	if (error == ETIMEDOUT && c->transport != NULL)
		c->transport->timed_out = true;
	c->broken_off = error != ETIMEDOUT && error != ECANCELED;
	c->stopping = error == ECANCELED;
	fail(c, error == ETIMEDOUT && c->peer.strange ? "its reply is not an SMTP reply" : fault_of(error));
}

static void on_read(struct channel *channel, ssize_t result);
static void on_written(struct channel *channel, ssize_t result);
static void on_encrypted(struct channel *channel, ssize_t result);
static void on_block(struct message_reader *reader);

static void
start_reading(struct client *c)
{
	size_t room;
	char *space = peer_space(&c->peer, &room);
	c->channel->done = on_read;
	c->channel->ops->read(c->channel, space, room, limit(c, c->until));
}

static void
start_writing(struct client *c, const char *octets, size_t len, int64_t until)
{
	c->channel->done = on_written;
	c->channel->ops->write(c->channel, octets, len, limit(c, until));
}

static bool
is_verified(const struct client *c)
{
	return !c->manner.unverified && c->manner.tls >= TRANSPORT_TLS_REQUIRED;
}

void
client_tell_tls(const struct client *c)
{
	struct transport *t = c->transport;
	if (!c->secure)
		return;
	snprintf(t->tls, sizeof t->tls, "%s", c->tls);
	t->verified = !is_verified(c) ? NULL : c->manner.tlsa != NULL ? "dane" : "name";
}

static void
start_encrypting(struct client *c)
{
	const struct transport_manner *manner = &c->manner;
	const struct channel_tls tls = {
		.name = c->name != NULL ? c->name : c->address.host,
		.authorities = manner->authorities != NULL ? manner->authorities : "",
		.verify = is_verified(c),
		.tlsa = manner->tlsa,
		.names = manner->names,
	};
	int64_t until = c->dialer->now(c->dialer) + c->transport->times.connect;
	c->channel->done = on_encrypted;
	c->channel->ops->encrypt(c->channel, &tls, limit(c, until), c->tls);
}

/* False: no memory for it. */
static bool
open_message(struct client *c)
{
	if (c->reader != NULL)
		return true;
	c->reader = malloc(sizeof *c->reader);
	if (c->reader == NULL)
		return false;
	message_reader_open(c->reader, c->transport->message, (off_t)c->transport->local_prefix_len);
	c->reader->done = on_block;
	c->reader->owner = c;
	return true;
}

static void
end_message(struct client *c)
{
	free(c->reader);
	c->reader = NULL;
}

/* The message was sent only in part: the server may have replied with the reason before it disconnected. */
static void
seek_objection(struct client *c)
{
	c->fault = c->peer.fault;
	c->peer.fault = NULL;
	c->peer.out = 0;
	c->state = CLIENT_OBJECTION;
	c->until = c->dialer->now(c->dialer) + GOODBYE;
}

/* Has the connection failed since STARTTLS, before TLS has proved to work? */
static bool
is_tls_trouble(struct client *c)
{
	bool trouble = (c->state == CLIENT_STARTTLS || (c->secure && !c->proven)) && !c->stopping;
	c->tls_failed = c->tls_failed || trouble;
	return trouble;
}

static void
handle_fault(struct client *c)
{
	if (c->state == CLIENT_SENDING) {
		seek_objection(c);
		return;
	}
	if (c->state == CLIENT_OBJECTION)
		c->peer.fault = c->fault;
	c->stale = c->state == CLIENT_RSET;
	if (is_tls_trouble(c))
		client_fail_tls(c, c->peer.fault);
	else if (!c->stale && !client_resume(c))
		client_end_broken(c);
	c->state = CLIENT_ENDED;
}

/* If the server misbehaves on an idle connection, the connection is closed, and the message gets no result. */
static void
on_rset(struct client *c)
{
	if (c->reply.code / 100 == 2) {
		client_begin_mail(c);
		return;
	}
	c->stale = true;
	c->state = CLIENT_ENDED;
}

static void
handle_reply(struct client *c)
{
	static void (*const handlers[CLIENT_STATES])(struct client * c) = {
		[CLIENT_GREETING] = client_on_greeting,
		[CLIENT_EHLO] = client_on_ehlo,
		[CLIENT_HELO] = client_on_helo,
		[CLIENT_STARTTLS] = client_on_starttls,
		[CLIENT_AUTH] = client_on_auth,
		[CLIENT_RSET] = on_rset,
		[CLIENT_MAIL] = client_on_mail,
		[CLIENT_RCPT] = client_on_rcpt,
		[CLIENT_DATA] = client_on_data,
		[CLIENT_END] = client_on_end,
		[CLIENT_OBJECTION] = client_on_objection,
	};
	c->transport->answered = true;
	c->proven = c->secure;
	handlers[c->state](c);
}

/*
 * The result of a step. After STEP_WAIT the client may have been freed: an operation is under way, or has ended
 * already.
 */
enum step { STEP_AGAIN, STEP_WAIT, STEP_ENDED };

static enum step
send_commands(struct client *c)
{
	start_writing(c, c->peer.commands, c->peer.out, c->until);
	return STEP_WAIT;
}

static enum step
seek_reply(struct client *c)
{
	switch (peer_next(&c->peer, &c->reply)) {
	case PEER_REPLY: handle_reply(c); return STEP_AGAIN;
	case PEER_MORE: start_reading(c); return STEP_WAIT;
	case PEER_FAULT: break;
	}
	return STEP_AGAIN;
}

static enum step
read_block(struct client *c)
{
	if (!open_message(c)) {
		fail(c, "no memory");
		return STEP_AGAIN;
	}
	message_reader_next(c->reader, c->disk);
	return STEP_WAIT;
}

static enum step
send_block(struct client *c)
{
	start_writing(c, c->reader->out, c->reader->len, c->dialer->now(c->dialer) + c->transport->times.reply);
	return STEP_WAIT;
}

static enum step
step(struct client *c)
{
	if (c->state == CLIENT_ENDED)
		return STEP_ENDED;
	if (c->peer.fault != NULL) {
		handle_fault(c);
		return STEP_AGAIN;
	}
	switch (c->state) {
	case CLIENT_ENCRYPTING: start_encrypting(c); return STEP_WAIT;
	case CLIENT_READING: return read_block(c);
	case CLIENT_SENDING: return send_block(c);
	default: return c->peer.out > 0 ? send_commands(c) : seek_reply(c);
	}
}

/* Goes on until an operation has started, or calls done(), which may free the client. */
static void
drive(struct client *c)
{
	enum step came_to;
	while ((came_to = step(c)) == STEP_AGAIN)
		;
	if (came_to != STEP_ENDED)
		return;
	end_message(c);
	client_end_login(c);
	c->done(c);
}

static void
end_of_stream(struct client *c)
{
	c->broken_off = true;
	fail(c, "the connection was closed");
}

static void
on_read(struct channel *channel, ssize_t result)
{
	struct client *c = channel->owner;
	if (result > 0)
		peer_filled(&c->peer, (size_t)result);
	else if (result == 0)
		end_of_stream(c);
	else
		fail_by(c, (int)-result);
	drive(c);
}

/* If the server disconnects while many commands are sent, its replies to the first ones can still be read. */
static void
on_written(struct channel *channel, ssize_t result)
{
	struct client *c = channel->owner;
	if (result < 0 && c->state == CLIENT_RCPT && result != -ETIMEDOUT && result != -ECANCELED) {
		c->peer.out = 0;
	} else if (result < 0) {
		fail_by(c, (int)-result);
	} else if (c->state != CLIENT_SENDING) {
		if (c->state == CLIENT_AUTH)
			explicit_bzero(c->peer.commands, c->peer.out);
		c->peer.out = 0;
	} else if (c->reader->ended) {
		end_message(c);
		client_message_sent(c);
	} else {
		c->state = CLIENT_READING;
	}
	drive(c);
}

static void
on_encrypted(struct channel *channel, ssize_t result)
{
	struct client *c = channel->owner;
	if (result == -ETIMEDOUT)
		c->transport->timed_out = true;
	c->stopping = result == -ECANCELED;
	client_on_encrypted(c, result == 0);
	drive(c);
}

/* Every server must get the octets as they are, so no other attempt can succeed. The server has no end of the message. */
static void
refuse_octets(struct client *c)
{
	client_settle_by_own(c, FTG_SMTP_BARE_OCTET);
	fail(c, "the message holds a bare CR");
	c->state = CLIENT_ENDED;
}

/* A file that cannot be read to its end leaves the message without one: the connection is broken off. */
static void
on_block(struct message_reader *reader)
{
	struct client *c = reader->owner;
	if (reader->error == EILSEQ)
		refuse_octets(c);
	else if (reader->error != 0)
		fail(c, "the message cannot be read");
	else
		c->state = CLIENT_SENDING;
	drive(c);
}

static void
on_dialled(struct channel *channel, ssize_t result)
{
	struct client *c = channel->owner;
	if (result < 0) {
		c->transport->timed_out = result == -ETIMEDOUT;
		client_settle(c, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, strerror((int)-result));
		fail(c, "the connection failed");
		c->state = CLIENT_ENDED;
	} else if (c->manner.tls == TRANSPORT_TLS_IMPLICIT) {
		c->state = CLIENT_ENCRYPTING;
	} else {
		client_expect(c, CLIENT_GREETING);
	}
	drive(c);
}

struct client *
client_new(struct dialer *dialer, struct executor *disk, struct transport *t, void (*done)(struct client *client))
{
	struct client *c = calloc(1, sizeof *c);
	if (c == NULL)
		return NULL;
	c->dialer = dialer;
	c->disk = disk;
	c->manner = transport_next_manner(t);
	tlsa_set_hold(c->manner.tlsa);
	bool named = c->manner.names != NULL;
	c->manner.names = c->names = named ? strdup(c->manner.names) : NULL;
	c->address = t->address.channel;
	c->name = t->address.name != NULL ? strdup(t->address.name) : NULL;
	attach(c, t, done);
	c->channel = dialer->dial(dialer, &c->address, limit(c, dialer->now(dialer) + t->times.connect), on_dialled, c);
	if (c->channel != NULL && (c->names != NULL) == named && (c->name != NULL || t->address.name == NULL))
		return c;
	fail(c, "no memory");
	client_close(c);
	return NULL;
}

void
client_reuse(struct client *c, struct transport *t, void (*done)(struct client *client))
{
	c->channel->ops->cancel(c->channel);
	attach(c, t, done);
	client_tell_tls(c);
	peer_put(&c->peer, "RSET");
	client_expect(c, CLIENT_RSET);
	start_writing(c, c->peer.commands, c->peer.out, c->until);
}

struct transport *
client_transport(const struct client *c)
{
	return c->transport;
}

bool
client_is_stale(const struct client *c)
{
	return c->stale;
}

bool
client_tls_failed(const struct client *c)
{
	return c->tls_failed;
}

bool
client_is_unfinished(const struct client *c)
{
	return c->unfinished;
}

void
client_give_up(struct client *c)
{
	client_settle_by_reply(c);
}

/*
 * If the server has accepted nothing, a new session is no worse. After an unsolicited reply, later replies cannot be
 * matched to commands.
 */
bool
client_is_reusable(const struct client *c)
{
	return c->peer.fault == NULL && c->delivered && !c->stale && peer_is_empty(&c->peer);
}

static bool
is_same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

bool
client_fits(const struct client *c, const struct transport *t)
{
	const struct transport_manner wanted = transport_next_manner(t), *a = &c->manner, *b = &wanted;
	return strcmp(c->address.host, t->address.channel.host) == 0 && c->address.port == t->address.channel.port &&
	    is_same(c->name, t->address.name) && a->protocol == b->protocol && a->tls == b->tls &&
	    tlsa_set_is_same(a->tlsa, b->tlsa) && is_same(a->names, b->names) && a->unverified == b->unverified &&
	    a->authorities == b->authorities && a->user == b->user && a->password == b->password &&
	    a->hostname == b->hostname;
}

static void
on_idle_read(struct channel *channel, ssize_t result)
{
	struct client *c = channel->owner;
	if (result != -ETIMEDOUT)
		fail(c, "the connection was closed");
	c->done(c);
}

void
client_watch(struct client *c, int64_t deadline, void (*gone)(struct client *client), void *owner)
{
	size_t room;
	char *space = peer_space(&c->peer, &room);
	c->transport = NULL;
	c->state = CLIENT_IDLE;
	c->done = gone;
	c->owner = owner;
	c->channel->done = on_idle_read;
	c->channel->ops->read(c->channel, space, room, deadline);
}

void *
client_owner(const struct client *c)
{
	return c->owner;
}

static void
free_client(struct client *c)
{
	if (c->channel != NULL)
		c->channel->ops->close(c->channel);
	end_message(c);
	client_end_login(c);
	tlsa_set_release(c->manner.tlsa);
	free(c->name);
	free(c->names);
	free(c);
}

static void
on_farewell(struct channel *channel, ssize_t result)
{
	(void)result;
	free_client(channel->owner);
}

/* The reply to QUIT is not waited for: no result depends on it. */
void
client_close(struct client *c)
{
	if (c->channel == NULL || c->peer.fault != NULL) {
		free_client(c);
		return;
	}
	c->transport = NULL;
	c->state = CLIENT_QUITTING;
	c->channel->ops->cancel(c->channel);
	c->peer.out = 0;
	peer_put(&c->peer, "QUIT");
	c->channel->done = on_farewell;
	c->channel->ops->write(c->channel, c->peer.commands, c->peer.out, c->dialer->now(c->dialer) + GOODBYE);
}
