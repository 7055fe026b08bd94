/* Who may write to a list. */
#include <string.h>

#include "smtp/policy/checks.h"

/* The null sender is nobody's address. What the envelope holds has been parsed before. */
static enum directory_verdict
find_member(struct smtp_session *s, const struct address *list)
{
	struct directory *directory = s->config->directory;
	const char *text = s->envelope.sender;
	struct address sender;
	if (address_parse(&sender, text, strlen(text), false, true) != ADDRESS_OK)
		return DIRECTORY_NO_MAILBOX;
	return directory->ops->member(directory, list, &sender);
}

struct ftg_reply
check_posting(struct smtp_session *s, const struct policy_subject *subject)
{
	enum directory_verdict verdict = DIRECTORY_FOUND;
	if (s->post == POSTING_MEMBERS)
		verdict = find_member(s, subject->address);
	else if (s->post == POSTING_ACCOUNTS && !relaying_is_allowed(s))
		verdict = DIRECTORY_NO_MAILBOX;
	if (verdict == DIRECTORY_FOUND)
		return policy_pass();
	return ftg_reply(verdict == DIRECTORY_FAILED ? ERR_SMTP_HARDERROR : ERR_SMTP_GLACCESSDENIED);
}
