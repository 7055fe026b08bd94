/* Checks whether a sender may post to a list, before the list is expanded. Reports and replies of programs are no posts. */
#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"

struct ftg_reply
check_posting(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct recipient *recipient = &s->lookup->recipient.recipient;

	(void)subject;
	if (recipient->kind == RECIPIENT_LIST && s->envelope.sender[0] == '\0' &&
	    !directory_takes_reports(&s->lookup->recipient.address))
		return refuse_for(s, ERR_SMTP_GLACCESSDENIED, "null-sender");
	switch (recipient->post) {
	case POSTING_MEMBERS: return recipient->member ? policy_pass() : ftg_reply(ERR_SMTP_GLACCESSDENIED);
	case POSTING_ACCOUNTS: return relaying_is_allowed(s) ? policy_pass() : ftg_reply(ERR_SMTP_GLACCESSDENIED);
	default: return policy_pass();
	}
}
