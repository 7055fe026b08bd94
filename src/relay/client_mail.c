/* One transaction of the client: MAIL, RCPT, DATA, and the replies to the message. */
#include <stdio.h>
#include <string.h>

#include "relay/client_internal.h"

enum { BATCH = 50 }; /* commands sent at a time: their replies must fit what the system buffers */

static void
end(struct client *c)
{
	c->state = CLIENT_ENDED;
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
		client_settle(c, TRANSPORT_FAILED, FTG_NOTICE_NEEDS_UTF8, "");
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

void
client_begin_mail(struct client *c)
{
	c->next = c->batch = 0;
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

/* The next recipients: a batch if the server takes commands before it has answered the last one (RFC 2920), else one. */
static void
put_batch(struct client *c)
{
	size_t most = c->extensions & EXTENSION_PIPELINING ? BATCH : 1;
	for (size_t i = 0; i < most && c->batch < c->transport->count && peer_has_room(&c->peer); i++)
		put_rcpt(c, &c->transport->recipients[c->batch++]);
	client_expect(c, CLIENT_RCPT);
}

/* Another address may be tried after a reply of 4yz to MAIL. */
void
client_on_mail(struct client *c)
{
	struct transport *t = c->transport;
	int class = c->reply.code / 100;
	t->begun = class == 2 || class == 5;
	if (class != 2) {
		client_settle_by_reply(c);
		end(c);
		return;
	}
	t->dsn = c->extensions & EXTENSION_DSN;
	put_batch(c);
}

/* The first recipient from next on that RCPT has accepted. */
static bool
find_accepted(struct client *c)
{
	while (c->next < c->transport->count && !c->transport->recipients[c->next].accepted)
		c->next++;
	return c->next < c->transport->count;
}

static void
begin_data(struct client *c)
{
	c->next = 0;
	if (!find_accepted(c)) {
		client_defer(c);
		end(c);
		return;
	}
	peer_put(&c->peer, "DATA");
	client_expect(c, CLIENT_DATA);
}

/* A 421 ends the session (RFC 5321 3.8). */
void
client_on_rcpt(struct client *c)
{
	struct transport_recipient *recipient = &c->transport->recipients[c->next++];
	recipient->accepted = c->reply.code / 100 == 2;
	if (!recipient->accepted)
		client_settle_one(c, recipient);
	if (c->reply.code == 421) {
		c->peer.fault = "it closed the session";
		client_defer(c);
		end(c);
	} else if (c->next < c->batch) {
		client_expect(c, CLIENT_RCPT);
	} else if (c->next < c->transport->count) {
		put_batch(c);
	} else {
		begin_data(c);
	}
}

/* A 2yz is no reply to DATA: the server has accepted nothing yet. */
void
client_on_data(struct client *c)
{
	int class = c->reply.code / 100;
	if (class == 3) {
		c->state = CLIENT_READING;
		return;
	}
	if (class == 2)
		client_defer(c);
	else
		client_settle_by_reply(c);
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

/* One reply for all recipients that RCPT has accepted; in LMTP one for each of them (RFC 2033 section 4.2). */
void
client_on_end(struct client *c)
{
	bool each = c->manner.protocol == TRANSPORT_LMTP;
	do {
		client_settle_one(c, &c->transport->recipients[c->next++]);
		c->delivered = c->delivered || c->reply.code / 100 == 2;
	} while (find_accepted(c) && !each);
	if (c->next < c->transport->count)
		expect_end(c);
	else
		end(c);
}

/* A server that disconnects during the message may have replied with the reason. */
void
client_on_objection(struct client *c)
{
	if (c->reply.code / 100 < 4)
		c->peer.fault = c->fault;
	client_settle_by_reply(c);
	c->peer.fault = c->fault;
	end(c);
}
