/* A POP3 session from its greeting to its end. */
#include "pop3/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pop3/internal.h"
#include "session/command.h"

struct pop3_session *
pop3_session_new(const struct pop3_config *config, const char *address, struct session_outlet *outlet)
{
	struct pop3_session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->config = config;
	s->address = address;
	s->outlet = outlet;
	s->state = POP3_AUTHORIZATION;
	s->line.limit = POP3_LINE_MAX;
	return s;
}

void
pop3_session_free(struct pop3_session *s)
{
	if (s == NULL)
		return;
	login_abandon(s);
	login_forget(s);
	line_release(&s->line);
	free(s->stamp);
	free(s);
}

/*
 * The timestamp is unique by its digits, and holds nothing that a client may misread (RFC 1939 section 7). Host names
 * that would make it too long for the greeting are replaced.
 */
static bool
make_stamp(struct pop3_session *s)
{
	char digits[POP3_STAMP_SIZE];
	const char *host = s->config->hostname;

	if (s->config->stamp == NULL)
		return true;
	s->config->stamp(digits);
	if (strlen(digits) + strlen(host) + strlen("<@>") > ftg_arg_max(FTG_ARG_TIMESTAMP))
		host = "localhost";
	return asprintf(&s->stamp, "<%s@%s>", digits, host) >= 0;
}

void
pop3_session_greet(struct pop3_session *s)
{
	const char *host = s->config->hostname;

	if (!make_stamp(s)) {
		s->stamp = NULL;
		pop3_session_end(s, FTG_POP_TROUBLE);
		return;
	}
	struct ftg_reply reply = ftg_reply_text(FTG_POP_HELLO, host, strlen(host));
	if (s->stamp != NULL)
		reply.arg[1] = (struct ftg_arg) { .text = s->stamp, .len = strlen(s->stamp) };
	s->outlet->reply(s->outlet, &reply);
}

static size_t
feed_command(struct pop3_session *s, const char *bytes, size_t len)
{
	struct line line;

	if (command_is_tls(*bytes) && line_is_fresh(&s->line)) {
		pop3_refuse_tls(s);
		return len;
	}
	size_t taken = line_read(&s->line, bytes, len, &line);

	if (line.status != LINE_UNFINISHED) {
		pop3_run(s, &line);
		line_release(&s->line);
	}
	return taken;
}

size_t
pop3_session_feed(struct pop3_session *s, const char *bytes, size_t len)
{
	size_t taken = 0;

	s->feeding = true;
	while (taken < len && !s->busy && s->more == NULL && !(s->state & (POP3_ENCRYPTING | POP3_CLOSED)) &&
	    !s->outlet->is_full(s->outlet))
		taken += feed_command(s, bytes + taken, len - taken);
	s->feeding = false;
	return taken;
}

bool
pop3_session_busy(const struct pop3_session *s)
{
	return s->busy;
}

bool
pop3_session_sending(const struct pop3_session *s)
{
	return s->more != NULL && !s->busy;
}

void
pop3_session_more(struct pop3_session *s)
{
	s->more(s);
}

bool
pop3_session_closed(const struct pop3_session *s)
{
	return s->state == POP3_CLOSED && !s->busy;
}

bool
pop3_session_admitted(const struct pop3_session *s)
{
	return s->state == POP3_TRANSACTION;
}

/* Within an answer of many lines, a client would read the reply as a part of it. */
void
pop3_session_end(struct pop3_session *s, enum ftg_id id)
{
	struct ftg_reply reply = ftg_reply(id);

	s->state = POP3_CLOSED;
	if (s->more != NULL || id == FTG_IDS) {
		s->more = NULL;
		return;
	}
	pop3_log_refusal(s, id);
	s->outlet->reply(s->outlet, &reply);
}
