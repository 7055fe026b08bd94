/* The results of recipients, by replies and faults. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/printable.h"
#include "relay/client/client_internal.h"
#include "relay/client/verdict.h"

enum { DETAIL_MAX = 800 }; /* octets of a reply that a verdict keeps */

static void
settle_from(const char *server, struct transport_recipient *recipient, enum transport_result result, enum ftg_id reason,
    const char *detail)
{
	recipient->settled = true;
	recipient->result = result;
	free(recipient->verdict);
	recipient->verdict = verdict_write(reason, server, detail);
}

static void
settle(const struct client *c, struct transport_recipient *recipient, enum transport_result result, enum ftg_id reason,
    const char *detail)
{
	settle_from(c->transport->server, recipient, result, reason, detail);
}

void
client_settle(struct client *c, enum transport_result result, enum ftg_id reason, const char *detail)
{
	for (size_t i = 0; i < c->transport->count; i++)
		if (!c->transport->recipients[i].settled)
			settle(c, &c->transport->recipients[i], result, reason, detail);
}

/* In English, as the replies of other servers mostly are. */
void
client_settle_by_own(struct client *c, enum ftg_id id)
{
	const struct ftg_voice voice = { 0 };
	const struct ftg_reply reply = ftg_reply(id);
	char detail[FTG_REPLY_MAX];
	size_t len = ftg_render(detail, &voice, &reply);
	detail[len - strlen("\r\n")] = '\0';
	for (size_t i = 0; i < c->transport->count; i++)
		if (!c->transport->recipients[i].settled)
			settle_from(c->manner.hostname, &c->transport->recipients[i], TRANSPORT_FAILED, FTG_NOTICE_SAID,
			    detail);
}

void
client_write_reply(const struct client *c, char *text, size_t size)
{
	char line[PEER_TEXT_MAX + 8];
	int len = snprintf(line, sizeof line, "%d %s", c->reply.code, c->reply.text);
	for (char *at = strchr(line, '\n'); at != NULL; at = strchr(at, '\n'))
		*at = ' ';
	(void)printable_mask(text, size, line, (size_t)len);
}

static enum transport_result
result_of(int code)
{
	return code / 100 == 2 ? TRANSPORT_DONE : code / 100 == 5 ? TRANSPORT_FAILED : TRANSPORT_LATER;
}

void
client_settle_one(struct client *c, struct transport_recipient *recipient)
{
	char detail[DETAIL_MAX];
	if (c->peer.fault != NULL) {
		settle(c, recipient, TRANSPORT_LATER, FTG_NOTICE_UNREACHABLE, c->peer.fault);
		return;
	}
	client_write_reply(c, detail, sizeof detail);
	settle(c, recipient, result_of(c->reply.code), FTG_NOTICE_SAID, detail);
}

void
client_settle_by_reply(struct client *c)
{
	for (size_t i = 0; i < c->transport->count; i++)
		if (!c->transport->recipients[i].settled)
			client_settle_one(c, &c->transport->recipients[i]);
}

void
client_defer(struct client *c)
{
	char detail[DETAIL_MAX];
	if (c->peer.fault != NULL) {
		client_settle_by_reply(c);
		return;
	}
	client_write_reply(c, detail, sizeof detail);
	client_settle(c, TRANSPORT_LATER, FTG_NOTICE_SAID, detail);
}

bool
client_is_any_left(const struct client *c)
{
	for (size_t i = 0; i < c->transport->count; i++)
		if (!c->transport->recipients[i].settled)
			return true;
	return false;
}

void
client_expect(struct client *c, enum client_state state)
{
	c->state = state;
	c->until = c->dialer->now(c->dialer) + c->transport->times.reply;
}
