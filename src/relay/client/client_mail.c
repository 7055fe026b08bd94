/* One transaction of the client: MAIL, RCPT, DATA, and the replies to the message. */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "relay/client/client_internal.h"
#include "relay/client/transport_entry.h"

enum { BATCH = 50 }; /* commands sent at a time: their replies must fit what the system buffers */

static void
end(struct client *c)
{
	c->state = CLIENT_ENDED;
}

/* The server has ended the session (RFC 5321 3.8). */
static void
end_session(struct client *c)
{
	c->broken_off = true;
	if (!client_resume(c))
		client_defer(c);
	c->peer.fault = "it closed the session";
	end(c);
}

/* Checks made before MAIL. Returns false if every recipient has its result. */
static bool
check_message(struct client *c)
{
	const struct transport *t = c->transport;
	if (c->size_max != 0 && t->size > c->size_max) {
		client_settle(c, TRANSPORT_FAILED, FTG_NOTICE_TOO_LARGE, "");
		return false;
	}
	if (t->utf8 && !(c->extensions & EXTENSION_SMTPUTF8)) {
		client_settle(c, TRANSPORT_FAILED, FTG_NOTICE_NEEDS_UTF8,
		    transport_has_utf8_address(t) ? "" : "5.6.9 the header is in UTF-8");
		return false;
	}
	return true;
}

static void
put_mail(struct client *c)
{
	const struct transport *t = c->transport;
	char size[32] = "", envid[128] = "";
	const char *ret = "";
	if (c->extensions & EXTENSION_SIZE)
		snprintf(size, sizeof size, " SIZE=%llu", (unsigned long long)t->size);
	if ((c->extensions & EXTENSION_DSN) && t->envid != NULL)
		snprintf(envid, sizeof envid, " ENVID=%s", t->envid);
	if ((c->extensions & EXTENSION_DSN) && t->ret != DSN_RETURN_UNSAID)
		ret = t->ret == DSN_RETURN_FULL ? " RET=FULL" : " RET=HDRS";
	bool eightbit = (t->eightbit || t->utf8) && (c->extensions & EXTENSION_8BITMIME);
	peer_put(&c->peer, "MAIL FROM:<%s>%s%s%s%s%s", t->sender, size, eightbit ? " BODY=8BITMIME" : "",
	    t->utf8 ? " SMTPUTF8" : "", ret, envid);
}

/* Does this connection name the recipient? */
static bool
is_named(const struct client *c, const struct transport_recipient *recipient)
{
	return !recipient->settled && (c->transport->naming != TRANSPORT_NAMING_TAKEN || recipient->taken);
}

/* Moves to the first recipient from *at on that is named; false: there is none. */
static bool
seek_named(const struct client *c, size_t *at)
{
	const struct transport *t = c->transport;
	while (*at < t->count && !is_named(c, &t->recipients[*at]))
		++*at;
	return *at < t->count;
}

void
client_begin_mail(struct client *c)
{
	struct transport *t = c->transport;
	c->transactions++;
	c->next = c->batch = c->named = c->replies = c->accepted = 0;
	c->full = false;
	for (size_t i = 0; i < t->count; i++)
		t->recipients[i].accepted = t->recipients[i].settled && t->recipients[i].accepted;
	if (!seek_named(c, &c->next))
		t->naming = TRANSPORT_NAMING_ALL;
	c->next = 0;
	if (!check_message(c)) {
		end(c);
		return;
	}
	put_mail(c);
	client_expect(c, CLIENT_MAIL);
}

/* RFC 3461 section 4.1: the keywords of NOTIFY, separated by commas; "" for none. */
static void
write_notify(char text[48], unsigned notify)
{
	static const struct {
		enum dsn_notify notify;
		const char *word;
	} words[] = { { DSN_NEVER, "NEVER" }, { DSN_SUCCESS, "SUCCESS" }, { DSN_FAILURE, "FAILURE" },
		{ DSN_DELAY, "DELAY" } };
	size_t used = 0;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (notify & words[i].notify)
			used += (size_t)snprintf(
			    text + used, 48 - used, "%s%s", used == 0 ? " NOTIFY=" : ",", words[i].word);
}

static void
put_rcpt(struct client *c, const struct transport_recipient *recipient)
{
	char notify[48];
	bool dsn = c->extensions & EXTENSION_DSN;
	bool orcpt = dsn && recipient->orcpt != NULL;
	write_notify(notify, dsn ? recipient->notify : 0);
	peer_put(&c->peer, "RCPT TO:<%s>%s%s%s", recipient->address, notify, orcpt ? " ORCPT=" : "",
	    orcpt ? recipient->orcpt : "");
}

/* May one more recipient be named in this transaction? Those that were refused do not count. */
static bool
has_more(struct client *c)
{
	const struct transport *t = c->transport;
	size_t most = t->naming == TRANSPORT_NAMING_ONE ? 1 : t->most;
	size_t taken = c->accepted + c->named - c->replies;
	return !c->full && (most == 0 || taken < most) && seek_named(c, &c->batch);
}

/* The next recipients: a batch if the server takes commands before it has answered the last one (RFC 2920), else one. */
static void
put_batch(struct client *c)
{
	size_t most = c->extensions & EXTENSION_PIPELINING ? BATCH : 1;
	for (size_t i = 0; i < most && has_more(c) && peer_has_room(&c->peer); i++) {
		put_rcpt(c, &c->transport->recipients[c->batch++]);
		c->named++;
	}
	client_expect(c, CLIENT_RCPT);
}

/* Has the reply an enhanced status code (RFC 3463) that goes on like this after its class? */
static bool
has_status(const struct client *c, const char *rest)
{
	const char *text = c->reply.text;
	return (text[0] == '4' || text[0] == '5') && strncmp(text + 1, rest, strlen(rest)) == 0;
}

/* Is the sender refused since TLS, which has failed, is left out (RFC 3207 section 4; X.7.10 of RFC 5248)? */
static bool
is_tls_missed(const struct client *c)
{
	return c->transport->without_tls && (c->reply.code == 530 || has_status(c, ".7.10"));
}

/*
 * Another address may be tried after a reply of 4yz to MAIL. A refusal on a later connection or in a later transaction can
 * be due to the recipients that were refused before.
 */
void
client_on_mail(struct client *c)
{
	struct transport *t = c->transport;
	int class = c->reply.code / 100;
	bool tls_missed = is_tls_missed(c);
	t->turned_away = class == 4;
	t->begun = t->begun || class == 2 || (class == 5 && !tls_missed);
	if (class == 2) {
		t->dsn = t->dsn || c->extensions & EXTENSION_DSN;
		put_batch(c);
		return;
	}
	if (c->transactions == 1 && t->reconnects == 0 && !tls_missed)
		client_settle_by_reply(c);
	else if (c->reply.code == 421)
		end_session(c);
	else
		client_defer(c);
	end(c);
}

/* The first recipient from next on that RCPT has accepted in this transaction. */
static bool
find_accepted(struct client *c)
{
	const struct transport *t = c->transport;
	while (c->next < t->count && (!t->recipients[c->next].accepted || t->recipients[c->next].settled))
		c->next++;
	return c->next < t->count;
}

/* No recipient that this connection names was accepted: are there others? */
static bool
name_others(struct client *c)
{
	if (c->transport->naming != TRANSPORT_NAMING_TAKEN)
		return false;
	c->transport->naming = TRANSPORT_NAMING_ALL;
	c->next = c->batch = 0;
	return has_more(c);
}

static void
begin_data(struct client *c)
{
	c->next = 0;
	if (find_accepted(c)) {
		peer_put(&c->peer, "DATA");
		client_expect(c, CLIENT_DATA);
	} else if (name_others(c)) {
		put_batch(c);
	} else {
		client_defer(c);
		end(c);
	}
}

/*
 * Is the refusal about the number of recipients (RFC 5321 4.5.3.1.10)? 452 and 552 may also say that one mailbox is full,
 * or refuse a recipient for other reasons: then the transaction that begins with that recipient shows it.
 */
static bool
is_too_many(const struct client *c)
{
	bool limit = has_status(c, ".5.3") && !ascii_is_digit(c->reply.text[5]);
	if (limit)
		return c->accepted > 0 || c->transactions > 1;
	return c->accepted > 0 && (c->reply.code == 452 || c->reply.code == 552) && !has_status(c, ".2.");
}

/* The recipient is named again in the next transaction, as are those behind it. */
static void
on_too_many(struct client *c)
{
	c->full = true;
	if (c->transport->most == 0)
		c->transport->most = c->accepted;
}

static void
on_refusal(struct client *c, struct transport_recipient *recipient)
{
	c->refused = true;
	if (is_too_many(c)) {
		on_too_many(c);
		return;
	}
	if (c->replies == 1)
		c->transport->most = 0;
	client_settle_one(c, recipient);
}

/* A 421 ends the session (RFC 5321 3.8). */
void
client_on_rcpt(struct client *c)
{
	bool found = seek_named(c, &c->next);
	assert(found);
	(void)found;
	struct transport_recipient *recipient = &c->transport->recipients[c->next++];
	c->replies++;
	recipient->accepted = c->reply.code / 100 == 2;
	c->accepted += recipient->accepted;
	if (c->reply.code == 421) {
		c->refused = true;
		end_session(c);
		return;
	}
	if (!recipient->accepted)
		on_refusal(c, recipient);
	if (c->replies < c->named)
		client_expect(c, CLIENT_RCPT);
	else if (has_more(c))
		put_batch(c);
	else
		begin_data(c);
}

/* Gives the recipients of the transaction their result by the reply. */
static void
settle_accepted(struct client *c)
{
	for (c->next = 0; find_accepted(c);)
		client_settle_one(c, &c->transport->recipients[c->next]);
}

/* A 2yz is no reply to DATA: the server has accepted nothing yet. Recipients that were left for later stay so. */
void
client_on_data(struct client *c)
{
	int class = c->reply.code / 100;
	if (class == 3) {
		c->state = CLIENT_READING;
		return;
	}
	if (c->reply.code == 421) {
		end_session(c);
		return;
	}
	if (class != 2)
		settle_accepted(c);
	client_defer(c);
	end(c);
}

static void
expect_end(struct client *c)
{
	c->state = CLIENT_END;
	c->until = c->dialer->now(c->dialer) + c->transport->times.end;
}

void
client_message_sent(struct client *c)
{
	c->next = 0;
	(void)find_accepted(c);
	expect_end(c);
}

/* Recipients that were left for later are sent at once, unless the server is in trouble. */
static void
begin_next(struct client *c)
{
	int class = c->reply.code / 100;
	if (client_is_any_left(c) && (class == 2 || class == 5) && peer_is_empty(&c->peer)) {
		client_begin_mail(c);
		return;
	}
	client_defer(c);
	end(c);
}

/* Gives results by a reply to the message. Returns whether recipients wait for a reply of their own. */
static bool
settle_end(struct client *c)
{
	bool each = c->manner.protocol == TRANSPORT_LMTP;
	do {
		client_settle_one(c, &c->transport->recipients[c->next++]);
		c->delivered = c->delivered || c->reply.code / 100 == 2;
	} while (find_accepted(c) && !each);
	return c->next < c->transport->count;
}

/* One reply for all recipients that RCPT has accepted; in LMTP one for each of them (RFC 2033 section 4.2). */
void
client_on_end(struct client *c)
{
	if (settle_end(c))
		expect_end(c);
	else
		begin_next(c);
}

void
client_end_broken(struct client *c)
{
	const char *fault = c->peer.fault;
	if (c->state == CLIENT_END)
		peer_cut_short(&c->peer, &c->reply);
	if (c->state == CLIENT_END && c->reply.code / 100 == 2) {
		c->peer.fault = NULL;
		(void)settle_end(c);
		c->peer.fault = fault;
	}
	client_settle_by_reply(c);
}

/* A server that disconnects during the message may have replied with the reason. */
void
client_on_objection(struct client *c)
{
	if (c->reply.code / 100 >= 4)
		settle_accepted(c);
	c->peer.fault = c->fault;
	client_settle_by_reply(c);
	end(c);
}
