/* Who may send from which address. The null sender, which all notices have, is open to everybody. */
#include "smtp/policy/checks.h"

struct ftg_reply
check_send_right(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->user != NULL && !(s->rights & ACCOUNT_SEND) ? ftg_reply(ERR_SMTP_ACCESSDENIED2) : policy_pass();
}

/* A directory in trouble cannot tell whose the address is, and nobody may pass for another one for that. */
struct ftg_reply
check_own_sender(struct smtp_session *s, const struct policy_subject *subject)
{
	struct directory *directory = s->config->directory;
	if (!s->config->policy.own_senders || s->user == NULL || subject->address->null)
		return policy_pass();
	switch (directory->ops->owns(directory, s->account, subject->address)) {
	case DIRECTORY_FOUND: return policy_pass();
	case DIRECTORY_FAILED: return ftg_reply(ERR_SMTP_HARDERROR);
	default: return ftg_reply_text(ERR_SMTP_AUTHMISMATCH, subject->text.text, subject->text.len);
	}
}

static enum directory_verdict
find_domain(struct smtp_session *s, const struct policy_subject *subject)
{
	struct directory *directory = s->config->directory;
	struct domain domain;
	return directory->ops->domain(directory, subject->address->domain, &domain);
}

struct ftg_reply
check_hosted_sender(struct smtp_session *s, const struct policy_subject *subject)
{
	if (!s->config->policy.hosted_senders || !relaying_is_allowed(s) || subject->address->null)
		return policy_pass();
	return find_domain(s, subject) == DIRECTORY_NO_DOMAIN ? ftg_reply(ERR_SMTP_ONLYHOSTED) : policy_pass();
}

struct ftg_reply
check_spoofing(struct smtp_session *s, const struct policy_subject *subject)
{
	if (!s->config->policy.anti_spoofing || subject->address->null)
		return policy_pass();
	return find_domain(s, subject) == DIRECTORY_FOUND ? ftg_reply(ERR_SMTP_SPOOF) : policy_pass();
}
