/* An SMTP session from its greeting to its end. */
#include "smtp/session.h"

#include <stdio.h>
#include <stdlib.h>

#include "session/command.h"
#include "smtp/internal.h"
#include "smtp/lookup_state.h"
#include "smtp/members.h"

enum { BANNER_MAX = 512 };

struct smtp_session *
smtp_session_new(const struct smtp_config *config, const struct smtp_peer *peer, struct session_outlet *outlet)
{
	struct smtp_session *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->config = config;
	s->peer = *peer;
	s->outlet = outlet;
	s->state = SMTP_START;
	s->line.limit = SMTP_LINE_MAX;
	return s;
}

void
smtp_session_free(struct smtp_session *s)
{
	if (s == NULL)
		return;
	message_abandon(s);
	header_checks_forget(s);
	auth_abandon(s);
	members_free(s->members);
	envelope_clear(&s->envelope);
	lookup_close(s);
	policy_end(&s->policy);
	line_release(&s->line);
	access_texts_free(s);
	free(s->client_name);
	free(s->name);
	free(s->user);
	free(s->rates);
	free(s);
}

/* A refusal instead of the greeting ends the session. */
static struct ftg_reply
greet(struct smtp_session *s, struct ftg_reply verdict)
{
	char banner[BANNER_MAX];
	int len = snprintf(banner, sizeof banner, "%s ESMTP", s->config->hostname);
	struct ftg_reply reply = ftg_reply_text(
	    ERR_SMTP_SYSTEM_HELLO, banner, len < (int)sizeof banner ? (size_t)len : sizeof banner - 1);

	if (verdict.id != FTG_IDS) {
		event_refused(s, &verdict);
		s->state = SMTP_CLOSED;
		reply = verdict;
	}
	s->outlet->reply(s->outlet, &reply);
	lookup_close(s);
	return ftg_reply(FTG_IDS);
}

void
smtp_session_greet(struct smtp_session *s)
{
	s->blacklisted = s->config->limiter != NULL && limiter_is_blacklisted(s->config->limiter, s->peer.address);
	(void)policy_run(s, POLICY_CONNECT, NULL, (struct span) { NULL, 0 }, greet);
}

static size_t
feed_command(struct smtp_session *s, const char *bytes, size_t len)
{
	struct line line;

	if (command_is_tls(*bytes) && line_is_fresh(&s->line)) {
		command_refuse_tls(s);
		return len;
	}
	size_t taken = line_read(&s->line, bytes, len, &line);

	if (line.status != LINE_UNFINISHED) {
		command_run(s, &line);
		line_release(&s->line);
	}
	return taken;
}

size_t
smtp_session_feed(struct smtp_session *s, const char *bytes, size_t len)
{
	size_t taken = 0;

	s->feeding = true;
	while (taken < len && !s->busy && s->members == NULL && !(s->state & (SMTP_ENCRYPTING | SMTP_CLOSED))) {
		size_t (*feed)(struct smtp_session *, const char *, size_t) = feed_command;
		if (s->state & (SMTP_DATA | SMTP_CHUNK))
			feed = s->state == SMTP_DATA ? message_feed : bdat_feed;
		taken += feed(s, bytes + taken, len - taken);
	}
	s->feeding = false;
	if (s->lookup != NULL)
		s->lookup->ahead -= taken < s->lookup->ahead ? taken : s->lookup->ahead;
	return taken;
}

bool
smtp_session_busy(const struct smtp_session *s)
{
	return s->busy;
}

bool
smtp_session_sending(const struct smtp_session *s)
{
	return s->members != NULL;
}

void
smtp_session_more(struct smtp_session *s)
{
	lookup_send_members(s);
}

bool
smtp_session_closed(const struct smtp_session *s)
{
	return s->state == SMTP_CLOSED && !s->busy;
}

bool
smtp_session_in_transaction(const struct smtp_session *s)
{
	return s->state & SMTP_MESSAGE;
}

bool
smtp_session_admitted(const struct smtp_session *s)
{
	return s->user != NULL || s->transactions > 0;
}

void
smtp_session_end(struct smtp_session *s, enum ftg_id id)
{
	struct ftg_reply reply = ftg_reply(id);

	event_refused(s, &reply);
	message_abandon(s);
	s->state = SMTP_CLOSED;
	if (s->members == NULL)
		s->outlet->reply(s->outlet, &reply);
	members_free(s->members);
	s->members = NULL;
}
