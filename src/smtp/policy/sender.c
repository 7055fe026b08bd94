/* Checks which user may send from which address. The null sender, which all DSNs have, is open to all clients. */
#include "smtp/policy/checks.h"

struct ftg_reply
check_send_right(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->user != NULL && !(s->rights & ACCOUNT_SEND) ? ftg_reply(ERR_SMTP_ACCESSDENIED2) : policy_pass();
}

/* If the directory is unavailable, the owner of the address is unknown: defer rather than allow impersonation. */
struct ftg_reply
check_own_sender(struct smtp_session *s, const struct policy_subject *subject)
{
	if (!s->config->policy.own_senders || s->user == NULL || subject->address->null || s->envelope.known.owned)
		return policy_pass();
	if (s->envelope.known.failed)
		return refuse_for(s, ERR_SMTP_HARDERROR, "directory");
	return ftg_reply_text(ERR_SMTP_AUTHMISMATCH, subject->text.text, subject->text.len);
}

struct ftg_reply
check_hosted_sender(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct sender_facts *known = &s->envelope.known;
	if (!s->config->policy.hosted_senders || !relaying_is_allowed(s) || subject->address->null)
		return policy_pass();
	return known->hosted || known->failed ? policy_pass() : ftg_reply(ERR_SMTP_ONLYHOSTED);
}

struct ftg_reply
check_spoofing(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	bool spoofed = s->config->policy.anti_spoofing && sender_is_here(&s->envelope.known);
	return spoofed ? ftg_reply(ERR_SMTP_SPOOF) : policy_pass();
}
