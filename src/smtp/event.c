/* Logs refusals, aliases and accepted messages. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log/log.h"
#include "smtp/internal.h"
#include "smtp/lookup_state.h"

enum {
	SHOWN_MAX = 512,
	UNDELIVERED_MAX = 100, /* lines about the recipients of one message */
};

/* The reference of the reason (#1.xx, #2.xx) that a reply names or stands for; NULL: none. */
static const char *
reason_of(const struct ftg_reply *reply)
{
	switch (reply->id) {
	case ERR_SMTP_MAILBOX_DISABLED: return ftg_row(ERR_MAILBOX_DISABLED)->ref;
	case ERR_SMTP_MAILBOX_FULL: return ftg_row(ERR_MAILBOX_QUOTA)->ref;
	case ERR_SMTP_SYSTEM_LENGTH: return ftg_row(ERR_MAILBOX_FREESPACE)->ref;
	default: break;
	}
	for (size_t i = 0; i < FTG_ARGS_MAX; i++)
		if (ftg_row(reply->id)->args[i] == FTG_ARG_REASON)
			return ftg_row((enum ftg_id)reply->arg[i].number)->ref;
	return NULL;
}

/* The causes of replies that have one only. Each other refusal is by a check of the policy, or sets session.cause. */
static const char *const causes[FTG_IDS] = {
	[ERR_SMTP_MAILBOX_DISABLED] = "disabled",
	[ERR_SMTP_MAILBOX_FULL] = "over-quota",
	[ERR_SMTP_MAILBOX_TOAST] = "mailbox-access",
	[ERR_SMTP_SYSTEM_LENGTH] = "disk-full",
	[ERR_SMTP_SYSTEM_CONFIGERR] = "alias",
	[ERR_SMTP_HARDERROR] = "out-of-memory",
	[ERR_SMTP_SYNTAX2] = "parameter",
	[ERR_SMTP_SYNTAX3] = "unknown-command",
	[ERR_SMTP_DOMAINNOTFOUND] = "no-domain",
	[ERR_SMTP_ADDRESS_BAD] = "routing-address",
	[ERR_SMTP_ADDRESS_INVALID] = "address-too-long",
	[ERR_SMTP_ADDRESS_UNKNOWN] = "no-mailbox",
	[ERR_SMTP_ADDRESS_UNKNOWN2] = "no-mailbox",
	[ERR_SMTP_ADDRESS_SYNTAX] = "address-syntax",
	[ERR_SMTP_ADDRESS_AMBIGUOUS] = "ambiguous",
	[ERR_SMTP_ADDRESS_SEQUENCE] = "sequence",
	[ERR_SMTP_ADDRESS_MOVED] = "moved",
	[ERR_SMTP_ADDRESS_SENDER] = "address-syntax",
	[ERR_SMTP_ADDRESS_RCPTCOUNT] = "max-recipients-per-hour",
	[ERR_SMTP_ARGUMANT] = "argument",
	[ERR_SMTP_RCPTCOUNT] = "max-recipients",
	[ERR_SMTP_MESSAGE_LENGTH] = "max-message-size",
	[ERR_SMTP_TLSREQUIRED] = "tls-required",
	[ERR_SMTP_AUTHFAILED2] = "logged-in",
	[ERR_SMTP_BADAUTH] = "mechanism",
	[ERR_SMTP_AUTHREQUIRED] = "auth-required",
	[ERR_SMTP_SECUREFAILED] = "encrypted",
	[ERR_SMTP_SECUREFAILED2] = "no-certificate",
	[ERR_SMTP_RELAYFAIL] = "relaying",
	[ERR_SMTP_RELAYFAIL2] = "max-relay-attempts",
	[ERR_SMTP_ACCESSDENIED2] = "not-permitted",
	[ERR_SMTP_GLACCESSDENIED] = "no-route",
	[ERR_SMTP_NOMATCH] = "no-match",
	[ERR_SMTP_NOMEMBERS] = "no-members",
	[FTG_SMTP_TIMEOUT] = "timeout",
	[FTG_SMTP_SHUTDOWN] = "stop",
	[FTG_SMTP_BARE_OCTET] = "bare-octets",
	[FTG_SMTP_NEEDS_UTF8] = "needs-smtputf8",
	[FTG_SMTP_NO_LANGUAGE] = "no-language",
};

/*
 * The cause set by the refusing code; else the fault found in the message, if the reply is about that; else the reply's
 * own.
 */
static const char *
cause_of(const struct smtp_session *s, const struct ftg_reply *reply)
{
	if (s->cause != NULL)
		return s->cause;
	if (s->message.fault.cause != NULL && reply->id == s->message.fault.id)
		return s->message.fault.cause;
	if (s->message.result != DELIVERY_OK && reply->id == ERR_SMTP_HARDERROR)
		return "delivery";
	return s->policy.refused_by == NULL ? causes[reply->id] : NULL;
}

static const char *
message_id_of(const struct smtp_session *s)
{
	return s->envelope.relay != NULL ? s->envelope.relay->message_id : NULL;
}

static void
log_undelivered(const struct smtp_session *s, const char *ref, const char *to)
{
	s->outlet->log(s->outlet, "undelivered", "ref", ref, "from", log_show_path(s->envelope.sender), "to", to,
	    "message-id", message_id_of(s), NULL);
}

static void
log_other_undelivered(const struct smtp_session *s, const char *ref, const char *to)
{
	if (strcmp(to, s->envelope.first) != 0)
		log_undelivered(s, ref, to);
}

/* Logs the mailboxes and, of so many recipients of an entry, those that wait, as long as lines are left. */
static void
log_some_undelivered(const struct smtp_session *s, const char *ref, const struct mailbox *mailboxes, size_t count,
    const struct queue_entry *entry, size_t elsewhere, size_t *left)
{
	for (size_t i = 0; *left > 0 && i < count; i++, --*left)
		log_other_undelivered(s, ref, mailboxes[i].address);
	for (size_t i = 0; *left > 0 && i < elsewhere; i++) {
		if (entry->recipients[i].state != QUEUE_WAITING)
			continue;
		log_other_undelivered(s, ref, entry->recipients[i].address);
		--*left;
	}
}

/* The line of the reply names the first recipient of a message; these name the others. */
static void
log_all_undelivered(const struct smtp_session *s, const char *ref)
{
	const struct envelope *envelope = &s->envelope;
	const struct queue_entry *relay = envelope->relay;
	size_t left = UNDELIVERED_MAX;

	log_some_undelivered(
	    s, ref, envelope->mailboxes, envelope->count, relay, relay != NULL ? relay->count : 0, &left);
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++) {
		const struct list_message *list = envelope->lists->all[i];
		log_some_undelivered(s, ref, list->mailboxes, list->count, &list->entry, list->elsewhere, &left);
	}
}

/* The reply that a recipient of a neutral domain would get elsewhere, without its address. */
static struct ftg_reply
truth_of(const struct smtp_session *s)
{
	switch (s->hidden) {
	case DIRECTORY_DISABLED: return ftg_reply(ERR_SMTP_MAILBOX_DISABLED);
	case DIRECTORY_MOVED: return ftg_reply(ERR_SMTP_ADDRESS_MOVED);
	case DIRECTORY_SPAMTRAP: return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, NULL, 0, ERR_MAILBOX_SPAMTRAP);
	default: return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, NULL, 0, ERR_MAILBOX_DISABLED);
	}
}

void
event_refused(const struct smtp_session *s, const struct ftg_reply *reply)
{
	const struct ftg_reply hidden = truth_of(s), *truth = s->hidden != DIRECTORY_FOUND ? &hidden : reply;
	const struct ftg_row *row = ftg_row(truth->id);
	const char *from = log_show_path(s->envelope.sender);
	const char *to = s->state & SMTP_MESSAGE ? s->envelope.first : NULL;
	char path[SHOWN_MAX];

	if (s->path.text != NULL) {
		size_t len = s->path.len < sizeof path ? s->path.len : sizeof path - 1;
		memcpy(path, s->path.text, len);
		path[len] = '\0';
		if (from == NULL)
			from = log_show_path(path);
		else
			to = path;
	}
	s->outlet->log(s->outlet, "reply", "ref", row->ref, "id", row->id, "said",
	    s->hidden != DIRECTORY_FOUND ? ftg_row(reply->id)->id : NULL, "reason", reason_of(truth), "check",
	    s->policy.refused_by, "cause", cause_of(s, truth), "helo", s->name, "from", from, "to", to, "user",
	    reply->id == ERR_SMTP_ADDRESS_RCPTCOUNT ? s->user : NULL, "message-id",
	    s->state & SMTP_MESSAGE ? message_id_of(s) : NULL, NULL);
	if (s->state & SMTP_MESSAGE && s->envelope.first != NULL)
		log_all_undelivered(s, row->ref);
}

void
event_expanded(const struct smtp_session *s, struct span address, const struct expansion *targets)
{
	size_t recipients = targets->count + targets->elsewhere_count;
	bool whole = targets->left_out == 0;
	char to[ADDRESS_TEXT_SIZE], number[24], left_out[24];

	snprintf(to, sizeof to, "%.*s", (int)address.len, address.text);
	if (recipients == 1 && targets->count == 1 && strcasecmp(to, targets->mailboxes[0].address) == 0)
		return;
	if (recipients == 0 || (recipients == 1 && targets->count == 0 && !lookup_is_list(s->lookup) && whole))
		return;
	snprintf(number, sizeof number, "%zu", recipients);
	snprintf(left_out, sizeof left_out, "%zu", targets->left_out);
	s->outlet->log(s->outlet, "expanded", "from", log_show_path(s->envelope.sender), "to", to, "recipients", number,
	    "left-out", whole ? NULL : left_out, "detail", whole ? NULL : targets->left_out_names, NULL);
}

static size_t
count_recipients(const struct envelope *envelope)
{
	const struct queue_entry *relay = envelope->relay;
	size_t count = envelope->count;

	for (size_t i = 0; relay != NULL && i < relay->count; i++)
		count += relay->recipients[i].state == QUEUE_WAITING;
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		count += envelope->lists->all[i]->count + envelope->lists->all[i]->elsewhere;
	return count;
}

/* The first entry that is in the queue; NULL: none is. */
static const char *
queued_id(const struct envelope *envelope)
{
	if (envelope->relay != NULL && envelope->relay->count > 0)
		return envelope->relay->id;
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		if (envelope->lists->all[i]->entry.count > 0)
			return envelope->lists->all[i]->entry.id;
	return NULL;
}

void
event_message(const struct smtp_session *s)
{
	const struct queue_entry *relay = s->envelope.relay;
	char recipients[24], size[24];

	snprintf(recipients, sizeof recipients, "%zu", count_recipients(&s->envelope));
	snprintf(size, sizeof size, "%zu", s->message.size);
	s->outlet->log(s->outlet, "message", "helo", s->name, "from", log_show_path(s->envelope.sender), "recipients",
	    recipients, "queue", queued_id(&s->envelope), "size", size, "bare-octets",
	    s->message.scanner.bare ? "normalised" : NULL, "id", relay != NULL ? relay->id : NULL, "message-id",
	    message_id_of(s), NULL);
}

void
event_returned(const struct smtp_session *s, const char *to)
{
	log_undelivered(s, ftg_row(ERR_SMTP_HOPSFAILED)->ref, to);
}

/* Logs the path and system error, or the peer's reply, which the line of the refusal lacks. */
void
event_failed_delivery(const struct smtp_session *s, const struct delivery_outcome *outcome)
{
	if (*outcome->detail != '\0')
		s->outlet->log(s->outlet, "delivery-failed", "from", log_show_path(s->envelope.sender), "to",
		    s->envelope.first, "detail", outcome->detail, NULL);
}
