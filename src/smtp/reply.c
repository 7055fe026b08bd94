/* Sends the reply to a command: counts and logs refusals, holds them back for the tarpit, and lets a session resume. */
#include <string.h>

#include "smtp/internal.h"

/*
 * Counts a refusal. Over the limit, #4.47 replaces a permanent one; a temporary one is sent as it is, since the client is
 * to retry.
 */
static void
count_refusal(struct smtp_session *s, struct ftg_reply *reply, char class)
{
	s->errors++;
	if (class == '5' && s->errors > s->config->max_errors && s->state != SMTP_CLOSED) {
		*reply = ftg_reply(ERR_SMTP_SYSTEM_ZOMBIE);
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
		count_refusal(s, &reply, class);
	s->path = (struct span) { NULL, 0 };
	s->policy.refused_by = NULL;
	s->cause = NULL;
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
