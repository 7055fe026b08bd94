/* Sends replies and lines, counts errors, logs refusals and failures, and lets a session resume. */
#include "pop3/internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Messages may vanish and mailboxes be in use as often as they like; these errors a client can avoid. */
static bool
is_error(enum ftg_id id)
{
	static const enum ftg_id errors[] = { ERR_POP_SYNTAX, ERR_POP_TLS, ERR_POP_SECUREAUTH, ERR_POP_LOGIN,
		ERR_POP_LOGIN2, ERR_POP_LOGIN3 };

	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i] == id)
			return true;
	return false;
}

/* Over the limit, another reply replaces the error and ends the session. */
static void
count_error(struct pop3_session *s, struct ftg_reply *reply)
{
	s->errors += is_error(reply->id);
	if (is_error(reply->id) && s->errors > s->config->max_errors) {
		*reply = refuse_for(s, FTG_POP_ERRORS, "max-errors");
		s->state = POP3_CLOSED;
	}
}

/* The causes of replies that have one only. Each other refusal sets session.cause. */
static const char *const causes[FTG_IDS] = {
	[ERR_POP_ACCESS] = "maildrop",
	[ERR_POP_ACCESSDENIED] = "no-privilege",
	[ERR_POP_SYNTAX] = "argument",
	[ERR_POP_TLS] = "tls-required",
	[ERR_POP_SECUREAUTH] = "not-encrypted",
	[ERR_POP_DISABLED] = "disabled",
	[ERR_POP_LOGIN] = "directory",
	[ERR_POP_LOCKED] = "locked",
	[ERR_POP_MESSAGENUM] = "message-number",
	[ERR_POP_DELETED] = "deleted",
	[ERR_POP_MESSAGEFAILURE] = "read-failed",
	[ERR_POP_MESSAGECOUNT] = "no-message",
	[FTG_POP_NO_TLS] = "no-certificate",
	[FTG_POP_NOT_REMOVED] = "remove-failed",
	[FTG_POP_NO_LANGUAGE] = "no-language",
	[FTG_POP_NEEDS_UTF8] = "needs-utf8",
	[FTG_POP_SHUTDOWN] = "stop",
	[FTG_POP_LOGIN_DELAY] = "too-soon",
	[FTG_POP_TROUBLE] = "out-of-memory",
	[FTG_POP_CANCELLED] = "cancelled",
};

void
pop3_log_refusal(const struct pop3_session *s, enum ftg_id id)
{
	const struct ftg_row *row = ftg_row(id);
	const char *name = s->login != NULL && *s->login->name != '\0' ? s->login->name : s->user;
	const char *cause = s->cause != NULL ? s->cause : causes[id];

	s->outlet->log(s->outlet, "reply", "ref", row->ref, "id", row->id, "cause", cause, "user", name, NULL);
}

void
pop3_log_failure(const struct pop3_session *s, const char *event)
{
	const char *user = s->login != NULL ? s->login->account.address : s->user;

	s->outlet->log(s->outlet, event, "user", user, "detail", strerror(maildrop_error(s->maildrop)), NULL);
}

void
pop3_reply(struct pop3_session *s, struct ftg_reply reply)
{
	if (ftg_row(reply.id)->code[s->config->profile].reply[0] == '-') {
		count_error(s, &reply);
		pop3_log_refusal(s, reply.id);
	}
	s->cause = NULL;
	s->outlet->reply(s->outlet, &reply);
}

void
pop3_send_line(struct pop3_session *s, const char *format, ...)
{
	char line[POP3_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	int len = vsnprintf(line, sizeof line - 2, format, arguments);
	va_end(arguments);
	if (len > (int)sizeof line - 3)
		len = (int)sizeof line - 3;
	memcpy(line + len, "\r\n", 2);
	s->outlet->send(s->outlet, line, (size_t)len + 2);
}

void
pop3_resume(struct pop3_session *s)
{
	if (!s->busy && !s->feeding)
		s->outlet->resume(s->outlet);
}
