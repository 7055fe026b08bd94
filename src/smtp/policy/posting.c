/* Checks whether a sender may post to a list, before the list is expanded. Reports and replies of programs are no posts. */
#include <string.h>

#include "base/ascii.h"
#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"

/* The sender of a list's mail, to which bounces come, may be a list, too; and the postmaster takes all mail. */
bool
posting_takes_reports(const struct smtp_session *s)
{
	static const char end[] = DIRECTORY_BOUNCES;
	const size_t end_len = sizeof end - 1;
	const struct address *address = &s->lookup->recipient.address;
	size_t len = strlen(address->local);

	return policy_is_postmaster(address) ||
	    (len > end_len && ascii_equal(address->local + len - end_len, end, end_len));
}

struct ftg_reply
check_posting(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct recipient *recipient = &s->lookup->recipient.recipient;

	(void)subject;
	if (recipient->kind == RECIPIENT_LIST && s->envelope.sender[0] == '\0' && !posting_takes_reports(s))
		return refuse_for(s, ERR_SMTP_GLACCESSDENIED, "null-sender");
	switch (recipient->post) {
	case POSTING_MEMBERS: return recipient->member ? policy_pass() : ftg_reply(ERR_SMTP_GLACCESSDENIED);
	case POSTING_ACCOUNTS: return relaying_is_allowed(s) ? policy_pass() : ftg_reply(ERR_SMTP_GLACCESSDENIED);
	default: return policy_pass();
	}
}
