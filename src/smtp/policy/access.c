/* Checks the access lists and the temporary blacklist. */
#include <string.h>

#include "smtp/policy/checks.h"

struct ftg_reply
check_refused_network(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	if (!(s->access & ACCESS_REFUSED))
		return policy_pass();
	s->outlet->speak_text(s->outlet, s->texts != NULL ? s->texts->client : NULL);
	return ftg_reply_text(ERR_SMTP_REJECT_IP, s->peer.address, strlen(s->peer.address));
}

struct ftg_reply
check_sender_blacklist(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	if (!(s->envelope.known.access & ACCESS_BLACKLIST))
		return policy_pass();
	s->outlet->speak_text(s->outlet, s->texts != NULL ? s->texts->sender : NULL);
	return ftg_reply(ERR_SMTP_SENDERBLACKLISTED);
}

static struct ftg_reply
denied(struct smtp_session *s, const struct policy_subject *subject, const ftg_text *text)
{
	s->outlet->speak_text(s->outlet, text);
	return ftg_reply_reason(ERR_SMTP_ACCESSDENIED, subject->text.text, subject->text.len, ERR_SECPOL_BLACK);
}

/* The block ends by itself, so the client must retry: a list server keeps its mail for the recipients that exist. */
struct ftg_reply
check_temporary_blacklist(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct span rcpt = subject->text;

	return s->blacklisted ? ftg_reply_reason(FTG_SMTP_BLOCKED, rcpt.text, rcpt.len, ERR_SECPOL_NO_ACCESS)
	                      : policy_pass();
}

struct ftg_reply
check_blacklist(struct smtp_session *s, const struct policy_subject *subject)
{
	return s->access & ACCESS_BLACKLIST ? denied(s, subject, s->texts != NULL ? s->texts->client : NULL)
	                                    : policy_pass();
}

/*
 * The answer about the recipient may be kept while the lists cannot be read: a client or a sender that they refuse must not
 * pass meanwhile.
 */
struct ftg_reply
check_access_known(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->access_unknown || s->envelope.known.failed ? refuse_for(s, ERR_SMTP_HARDERROR, "directory")
	                                                     : policy_pass();
}

/* Clients and senders that are permitted are exempt. */
struct ftg_reply
check_permitted(struct smtp_session *s, const struct policy_subject *subject)
{
	return s->config->policy.permitted_only ? denied(s, subject, NULL) : policy_pass();
}
