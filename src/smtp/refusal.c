/* Refusing a client: the reply, the temporary blacklist, and disconnecting after too many refusals. */
#include <stdio.h>
#include <string.h>

#include "smtp/internal.h"

static struct ftg_reply
about_path(const struct smtp_session *s, enum ftg_id id)
{
	return ftg_reply_text(id, s->path.text, s->path.len);
}

/* Users are not blacklisted: their account can be disabled, and others may share their address. */
void
refusal_blacklist(struct smtp_session *s, enum ftg_id cause)
{
	if (s->config->limiter == NULL || s->user != NULL)
		return;
	limiter_blacklist(s->config->limiter, s->peer.address, ftg_row(cause)->ref);
	s->outlet->log(s->outlet, "blacklisted", "cause", ftg_row(cause)->ref, NULL);
}

/* A message that has a recipient is still taken: a list server must not lose it for its dead addresses. */
static bool
may_end(const struct smtp_session *s)
{
	return s->envelope.rcpts == 0;
}

/* A client that tries many unknown recipients is probing for known ones. */
struct ftg_reply
refusal_unknown(struct smtp_session *s)
{
	const unsigned max = s->config->max_unknown;

	if (++s->unknown == max)
		refusal_blacklist(s, ERR_SMTP_ADDRESS_UNKNOWN2);
	if (max == 0 || s->unknown < max || !may_end(s))
		return about_path(s, ERR_SMTP_ADDRESS_UNKNOWN);
	s->state = SMTP_CLOSED;
	return about_path(s, ERR_SMTP_ADDRESS_UNKNOWN2);
}

struct ftg_reply
refusal_neutral(struct smtp_session *s, enum directory_verdict truth)
{
	struct ftg_reply said = refusal_unknown(s);

	s->hidden = truth != DIRECTORY_NO_MAILBOX ? (unsigned char)truth : DIRECTORY_FOUND;
	return said;
}

/* If the directory could not be asked whether the client may relay, it must not lose its mail. */
struct ftg_reply
refusal_relay(struct smtp_session *s)
{
	if (s->access_unknown)
		return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	if (++s->relay <= s->config->max_relay || s->config->max_relay == 0 || !may_end(s))
		return about_path(s, ERR_SMTP_RELAYFAIL);
	s->state = SMTP_CLOSED;
	return about_path(s, ERR_SMTP_RELAYFAIL2);
}

/* The blacklist applies from the next connection of the client on. */
struct ftg_reply
refusal_spamtrap(struct smtp_session *s)
{
	refusal_blacklist(s, ERR_MAILBOX_SPAMTRAP);
	s->cause = "spamtrap";
	return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, s->path.text, s->path.len, ERR_MAILBOX_SPAMTRAP);
}

struct ftg_reply
refusal_moved(struct smtp_session *s, const char *to)
{
	char text[sizeof s->held.text]; /* the path may be in held.text itself */
	int len = snprintf(text, sizeof text, "%.*s -> %s", (int)s->path.len, s->path.text, to);

	if (*to == '\0' || len >= (int)sizeof text)
		return about_path(s, ERR_SMTP_ADDRESS_MOVED);
	return ftg_reply_text(ERR_SMTP_ADDRESS_MOVED, memcpy(s->held.text, text, (size_t)len), (size_t)len);
}

struct ftg_reply
refusal_delivery(enum delivery_result result, struct span address)
{
	switch (result) {
	case DELIVERY_OVER_QUOTA: return ftg_reply_text(ERR_SMTP_MAILBOX_FULL, address.text, address.len);
	case DELIVERY_FULL: return ftg_reply(ERR_SMTP_SYSTEM_LENGTH);
	case DELIVERY_ACCESS: return ftg_reply_text(ERR_SMTP_MAILBOX_TOAST, address.text, address.len);
	default: return ftg_reply(ERR_SMTP_HARDERROR);
	}
}

static bool
is_over(struct smtp_session *s, bool count)
{
	struct limiter *limiter = s->config->limiter;

	if (limiter == NULL)
		return false;
	if (s->user == NULL)
		return limiter_recipient(limiter, s->peer.address, count);
	bool own = s->rates != NULL && s->rates->most[RATE_RECIPIENTS_HOUR] != 0;
	if (!own && limiter_account_recipient(limiter, s->account, count))
		return true;
	const char *over = limiter_account(limiter, s->account, s->rates, !s->envelope.counted, count);
	if (over != NULL)
		s->cause = over;
	return over != NULL;
}

bool
refusal_is_over(struct smtp_session *s)
{
	return is_over(s, false);
}

/* First all limits are read: who is over one of them uses up none. Then another worker may still take the last one. */
bool
refusal_count(struct smtp_session *s)
{
	if (is_over(s, false) || is_over(s, true))
		return true;
	s->envelope.counted = true;
	return false;
}
