/* Sends the reply to a command: counts and logs refusals, holds them back for the tarpit, and lets a session resume. */
#include <string.h>

#include "smtp/internal.h"

/*
 * The limit of errors. If the message has a recipient, as many more recipients may be refused as one message may have, so
 * that those that exist get it.
 */
static unsigned
errors_permitted(const struct smtp_session *s)
{
	const bool recipient = s->envelope.rcpts > 0 && s->path.text != NULL;

	return s->config->max_errors + (recipient ? s->config->max_recipients : 0);
}

/*
 * Counts a refusal that the client can avoid: one that is permanent in both profiles. Others ask the client to retry, and
 * many of them say nothing about it: greylisted recipients, or recipients beyond the limit of one message (#4.38), which
 * is temporary by RFC 5321 section 4.5.3.1.10. Over the limit of errors, #4.47 replaces the refusal.
 */
static void
count_refusal(struct smtp_session *s, struct ftg_reply *reply)
{
	const struct ftg_code *code = ftg_row(reply->id)->code;
	bool avoidable = code[FTG_PUBLISHED].reply[0] == '5' && code[FTG_STRICT].reply[0] == '5';

	s->errors += avoidable;
	if (avoidable && s->errors > errors_permitted(s) && s->state != SMTP_CLOSED) {
		*reply = refuse_for(s, ERR_SMTP_SYSTEM_ZOMBIE, "max-errors");
		s->hidden = DIRECTORY_FOUND;
		message_abandon(s);
		s->state = SMTP_CLOSED;
	}
	event_refused(s, reply);
}

static void
send_held(struct job *job)
{
	struct smtp_session *s = (struct smtp_session *)(void *)((char *)job - offsetof(struct smtp_session, held.job));

	s->outlet->reply(s->outlet, &s->held.reply);
	s->busy = false;
	smtp_resume(s);
}

void
held_keep(struct held_reply *held, struct ftg_reply reply)
{
	struct ftg_arg *named = &reply.arg[0];

	if (named->len > sizeof held->text)
		named->len = sizeof held->text;
	if (named->text != NULL)
		named->text = memmove(held->text, named->text, named->len);
	held->reply = reply;
}

static void
hold(struct smtp_session *s, struct ftg_reply reply)
{
	held_keep(&s->held, reply);
	s->held.job = (struct job) { .done = send_held };
	s->busy = true;
	s->outlet->wait(s->outlet, s->config->tarpit_delay, &s->held.job);
}

void
smtp_reply(struct smtp_session *s, struct ftg_reply reply)
{
	char class = ftg_row(reply.id)->code[s->config->profile].reply[0];
	bool refused = class == '4' || class == '5';

	if (refused)
		count_refusal(s, &reply);
	s->path = (struct span) { NULL, 0 };
	s->policy.refused_by = NULL;
	s->cause = NULL;
	s->hidden = DIRECTORY_FOUND;
	if (refused && s->config->tarpit_delay > 0)
		hold(s, reply);
	else
		s->outlet->reply(s->outlet, &reply);
}

void
smtp_resume(struct smtp_session *s)
{
	if (!s->busy && !s->feeding)
		s->outlet->resume(s->outlet);
}
