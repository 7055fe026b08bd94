/* Hands one message to another server: SMTP (RFC 5321) or LMTP (RFC 2033), as its client. Blocks: for jobs. */
#include "relay/transport.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "relay/transport_internal.h"
#include "relay/verdict.h"

enum {
	DETAIL_MAX = 800,  /* octets of a reply that are kept in a verdict */
	BATCH = 50,        /* commands that are sent at a time: their replies must fit what the system buffers */
	GOODBYE = 2 * 1000 /* milliseconds for what is not needed any more */
};

static void
settle(struct exchange *e, struct transport_recipient *recipient, enum transport_result result, enum ftg_id reason,
    const char *detail)
{
	recipient->settled = true;
	recipient->result = result;
	free(recipient->verdict);
	recipient->verdict = verdict_write(reason, e->transport->server, detail);
}

void
exchange_settle(struct exchange *e, enum transport_result result, enum ftg_id reason, const char *detail)
{
	for (size_t i = 0; i < e->transport->count; i++)
		if (!e->transport->recipients[i].settled)
			settle(e, &e->transport->recipients[i], result, reason, detail);
}

/* The last reply as one line with its code. */
static void
put_reply(const struct exchange *e, char detail[DETAIL_MAX])
{
	snprintf(detail, DETAIL_MAX, "%d %.*s", e->reply.code, DETAIL_MAX - 8, e->reply.text);
	for (char *c = strchr(detail, '\n'); c != NULL; c = strchr(c, '\n'))
		*c = ' ';
}

static enum transport_result
result_of(int code)
{
	return code / 100 == 2 ? TRANSPORT_DONE : code / 100 == 5 ? TRANSPORT_FAILED : TRANSPORT_LATER;
}

void
exchange_settle_one(struct exchange *e, struct transport_recipient *recipient)
{
	char detail[DETAIL_MAX];
	if (e->peer.fault != NULL) {
		settle(e, recipient, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, e->peer.fault);
		return;
	}
	put_reply(e, detail);
	settle(e, recipient, result_of(e->reply.code), FTG_NOTICE_SAID, detail);
}

void
exchange_settle_by_reply(struct exchange *e)
{
	for (size_t i = 0; i < e->transport->count; i++)
		if (!e->transport->recipients[i].settled)
			exchange_settle_one(e, &e->transport->recipients[i]);
}

void
exchange_put_off(struct exchange *e)
{
	char detail[DETAIL_MAX];
	if (e->peer.fault != NULL) {
		exchange_settle_by_reply(e);
		return;
	}
	put_reply(e, detail);
	exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_SAID, detail);
}

bool
exchange_read(struct exchange *e, int wait)
{
	if (e->peer.out > 0 && !peer_flush(&e->peer, wait))
		return false;
	return peer_read(&e->peer, &e->reply, wait);
}

int
exchange_ask(struct exchange *e, const char *command)
{
	int wait = e->transport->times.reply;
	bool answered = peer_put(&e->peer, wait, "%s", command) && exchange_read(e, wait);
	return answered ? e->reply.code / 100 : 0;
}

/* What is known before anything is said of the message. False where all is settled by that. */
static bool
check_message(struct exchange *e)
{
	const struct transport *t = e->transport;
	if (e->size_max != 0 && t->size > e->size_max) {
		exchange_settle(e, TRANSPORT_FAILED, FTG_NOTICE_TOO_LARGE, "");
		return false;
	}
	if (t->utf8 && !(e->extensions & EXTENSION_SMTPUTF8)) {
		exchange_settle(e, TRANSPORT_FAILED, FTG_NOTICE_NEEDS_UTF8, "");
		return false;
	}
	return true;
}

static bool
put_mail(struct exchange *e)
{
	const struct transport *t = e->transport;
	char size[32] = "", envid[128] = "";
	const char *ret = "";
	if (e->extensions & EXTENSION_SIZE)
		snprintf(size, sizeof size, " SIZE=%llu", (unsigned long long)t->size);
	if ((e->extensions & EXTENSION_DSN) && t->envid != NULL)
		snprintf(envid, sizeof envid, " ENVID=%s", t->envid);
	if ((e->extensions & EXTENSION_DSN) && t->ret != DSN_RETURN_UNSAID)
		ret = t->ret == DSN_RETURN_FULL ? " RET=FULL" : " RET=HDRS";
	bool eightbit = (t->eightbit || t->utf8) && (e->extensions & EXTENSION_8BITMIME);
	return peer_put(&e->peer, t->times.reply, "MAIL FROM:<%s>%s%s%s%s%s", t->sender, size,
	    eightbit ? " BODY=8BITMIME" : "", t->utf8 ? " SMTPUTF8" : "", ret, envid);
}

/* RFC 3461 section 4.1: the words of NOTIFY with commas between; "" for none. */
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

static bool
put_rcpt(struct exchange *e, const struct transport_recipient *recipient)
{
	char notify[48];
	bool dsn = e->extensions & EXTENSION_DSN;
	write_notify(notify, dsn ? recipient->notify : 0);
	return peer_put(&e->peer, e->transport->times.reply, "RCPT TO:<%s>%s%s%s", recipient->address, notify,
	    dsn && recipient->orcpt != NULL ? " ORCPT=" : "", dsn && recipient->orcpt != NULL ? recipient->orcpt : "");
}

/* The reply to RCPT; a 421 is the end of all (RFC 5321 3.8). */
static bool
take_rcpt(struct exchange *e, struct transport_recipient *recipient)
{
	if (!exchange_read(e, e->transport->times.reply))
		return false;
	recipient->accepted = e->reply.code / 100 == 2;
	if (!recipient->accepted)
		exchange_settle_one(e, recipient);
	if (e->reply.code == 421)
		e->peer.fault = "it closed the session";
	return e->peer.fault == NULL;
}

/* The recipients, in batches where the server takes commands before it has answered those before (RFC 2920). */
static bool
name_recipients(struct exchange *e)
{
	struct transport *t = e->transport;
	size_t batch = e->extensions & EXTENSION_PIPELINING ? BATCH : 1;
	for (size_t first = 0; first < t->count; first += batch) {
		size_t end = t->count - first < batch ? t->count : first + batch;
		for (size_t i = first; i < end; i++)
			if (!put_rcpt(e, &t->recipients[i]))
				return false;
		for (size_t i = first; i < end; i++)
			if (!take_rcpt(e, &t->recipients[i]))
				return false;
	}
	return true;
}

/* Settles those that RCPT has accepted by the reply to the message: one for all, or in LMTP one for each. */
static void
take_answers(struct exchange *e)
{
	struct transport *t = e->transport;
	bool each = t->manner.protocol == TRANSPORT_LMTP, first = true;
	for (size_t i = 0; i < t->count; i++) {
		if (!t->recipients[i].accepted)
			continue;
		if ((each || first) && e->peer.fault == NULL)
			(void)exchange_read(e, t->times.end);
		first = false;
		exchange_settle_one(e, &t->recipients[i]);
	}
}

/* A server that breaks off in the middle may have said why. */
static void
take_objection(struct exchange *e)
{
	const char *fault = e->peer.fault;
	e->peer.fault = NULL;
	if (!peer_read(&e->peer, &e->reply, GOODBYE) || e->reply.code / 100 < 4)
		e->peer.fault = fault;
	exchange_settle_by_reply(e);
	e->peer.fault = fault;
}

static void
hand_over(struct exchange *e)
{
	bool accepted = false;
	for (size_t i = 0; i < e->transport->count; i++)
		accepted = accepted || e->transport->recipients[i].accepted;
	if (!accepted)
		return;
	int class = exchange_ask(e, "DATA");
	if (class == 2)
		exchange_put_off(e); /* it has taken nothing yet, whatever it says */
	else if (class != 3)
		exchange_settle_by_reply(e);
	else if (exchange_send_message(e))
		take_answers(e);
	else
		take_objection(e);
}

/* A reply to MAIL of 4xx leaves the way to the next place open. */
static void
transact(struct exchange *e)
{
	if (!check_message(e))
		return;
	if (!put_mail(e) || !exchange_read(e, e->transport->times.reply) || e->reply.code / 100 != 2) {
		e->begun = e->peer.fault == NULL && e->reply.code / 100 == 5;
		exchange_settle_by_reply(e);
		return;
	}
	e->begun = true;
	e->transport->dsn = e->extensions & EXTENSION_DSN;
	if (name_recipients(e))
		hand_over(e);
	exchange_put_off(e);
}

/* "mx.example.net [192.0.2.1]:587", without what there is not, or what goes without saying. */
static void
name_server(struct transport *t, const struct transport_place *place)
{
	bool path = place->place.address[0] == '/', port = !path && place->place.port != 25;
	char number[16] = "";
	if (port)
		snprintf(number, sizeof number, ":%u", place->place.port);
	snprintf(t->server, sizeof t->server, "%s%s%s%s%s%s", place->name != NULL ? place->name : "",
	    place->name != NULL ? " " : "", path ? "" : "[", place->place.address, path ? "" : "]", number);
}

static void
forget_all(struct transport *t)
{
	for (size_t i = 0; i < t->count; i++) {
		struct transport_recipient *recipient = &t->recipients[i];
		free(recipient->verdict);
		recipient->verdict = NULL;
		recipient->result = TRANSPORT_LATER;
		recipient->settled = recipient->accepted = false;
	}
}

/* Its answer is not waited for: what came of the message is not recorded before this ends. */
static void
say_goodbye(struct exchange *e)
{
	if (e->peer.fault == NULL && peer_put(&e->peer, GOODBYE, "QUIT"))
		(void)peer_flush(&e->peer, GOODBYE);
}

/* False where no server has said anything about the message. */
static bool
try_place(struct exchange *e, struct dialer *dialer, int64_t deadline)
{
	struct transport *t = e->transport;
	name_server(t, e->place);
	forget_all(t);
	e->peer.channel = dialer->dial(dialer, &e->place->place, t->times.connect);
	if (e->peer.channel == NULL) {
		exchange_settle(e, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, strerror(errno));
		return false;
	}
	t->silent = false;
	e->peer.deadline = deadline;
	if (exchange_open(e))
		transact(e);
	say_goodbye(e);
	e->peer.channel->ops->close(e->peer.channel);
	return e->begun;
}

void
transport_run(struct transport *t, struct dialer *dialer)
{
	int64_t deadline = peer_now() + t->times.whole;
	t->silent = true;
	for (size_t i = 0; i < t->place_count; i++) {
		struct exchange e = { .transport = t, .place = &t->places[i] };
		bool done = try_place(&e, dialer, deadline);
		if (e.tls_failed && t->manner.tls == TRANSPORT_TLS_STARTTLS) {
			struct transport_manner manner = t->manner;
			t->manner.tls = TRANSPORT_TLS_NONE;
			e = (struct exchange) { .transport = t, .place = &t->places[i] };
			done = try_place(&e, dialer, deadline);
			t->manner = manner;
		}
		if (done)
			return;
	}
}
