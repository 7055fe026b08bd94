/* What a session tells the log. Its keys are English whatever the replies are. */
#include <stdio.h>
#include <string.h>

#include "smtp/internal.h"

enum { SHOWN_MAX = 512 };

/* The null reverse-path is shown, for an empty value would read as unknown. */
static const char *
show_sender(const char *sender)
{
	return sender != NULL && *sender == '\0' ? "<>" : sender;
}

/* The reference of the reason that a reply names or stands for, if there is one. */
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

/* The cause that the refusing code has set, or what was found in the message, if that is what the reply is about. */
static const char *
cause_of(const struct smtp_session *s, const struct ftg_reply *reply)
{
	if (s->cause != NULL)
		return s->cause;
	return reply->id == s->message.fault.id ? s->message.fault.cause : NULL;
}

void
event_refused(const struct smtp_session *s, const struct ftg_reply *reply)
{
	const struct ftg_row *row = ftg_row(reply->id);
	const char *from = show_sender(s->envelope.sender);
	const char *to = s->state & SMTP_MESSAGE ? s->envelope.first : NULL;
	char path[SHOWN_MAX];

	if (s->path.text != NULL) {
		size_t len = s->path.len < sizeof path ? s->path.len : sizeof path - 1;
		memcpy(path, s->path.text, len);
		path[len] = '\0';
		if (from == NULL)
			from = show_sender(path);
		else
			to = path;
	}
	s->outlet->log(s->outlet, "reply", "ref", row->ref, "id", row->id, "reason", reason_of(reply), "check",
	    s->policy.refused_by, "cause", cause_of(s, reply), "helo", s->name, "from", from, "to", to, NULL);
}

void
event_message(const struct smtp_session *s)
{
	const struct queue_entry *relay = s->envelope.relay;
	size_t count = s->envelope.count;
	char recipients[24], size[24];

	for (size_t i = 0; relay != NULL && i < relay->count; i++)
		count += relay->recipients[i].state == QUEUE_WAITING;
	snprintf(recipients, sizeof recipients, "%zu", count);
	snprintf(size, sizeof size, "%zu", s->message.size);
	s->outlet->log(s->outlet, "message", "helo", s->name, "from", show_sender(s->envelope.sender), "recipients",
	    recipients, "queue", relay != NULL && relay->count > 0 ? relay->id : NULL, "size", size, "bare-octets",
	    s->message.scanner.bare ? "normalised" : NULL, NULL);
}

/* Says what the reply, which has a line of its own, cannot. */
void
event_failed_delivery(const struct smtp_session *s, const struct delivery_outcome *outcome)
{
	if (*outcome->detail != '\0')
		s->outlet->log(s->outlet, "delivery-failed", "from", show_sender(s->envelope.sender), "to",
		    s->envelope.first, "detail", outcome->detail, NULL);
}
