/* The log lines about recipients of the relay queue. */
#include "relay/queue_log.h"

#include "base/log/log.h"
#include "relay/client/verdict.h"

static void
put_verdict(const char *text)
{
	struct verdict verdict;
	if (text == NULL || !verdict_read(&verdict, text))
		return;
	log_put("ref", ftg_row(verdict.reason)->ref);
	log_put_octets("next", verdict.name, verdict.name_len);
	if (verdict.detail[0] != '\0')
		log_put(verdict.reason == FTG_NOTICE_SAID ? "reply" : "detail", verdict.detail);
}

/* Only of a server that has replied: what TLS its session had, and by what the certificate was verified. */
static void
put_tls(const struct transport *t)
{
	if (t == NULL || !t->answered)
		return;
	log_put("tls", t->tls[0] != '\0' ? t->tls : "none");
	if (t->verified != NULL)
		log_put("verified", t->verified);
}

void
queue_log_outcome(const struct queue_entry *entry, const struct queue_recipient *recipient, const char *event,
    const struct transport *transport, int64_t now)
{
	log_begin(event);
	if (entry->session != NULL)
		log_put("session", entry->session);
	log_put("id", entry->id);
	log_put("from", log_show_path(entry->sender));
	log_put("to", recipient->address);
	if (recipient->sender != NULL)
		log_put("as", recipient->sender);
	if (entry->message_id != NULL)
		log_put("message-id", entry->message_id);
	put_verdict(recipient->reply);
	put_tls(transport);
	if (recipient->state == QUEUE_EXPIRED)
		log_put("cause", "expired");
	log_put_number("attempts", recipient->attempts);
	log_put_number("delay", now - entry->arrival);
	if (recipient->state == QUEUE_WAITING)
		log_put_number("again", recipient->next - now);
	log_end();
}
