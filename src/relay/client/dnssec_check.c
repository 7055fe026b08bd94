/* Checks whether the name servers validate by DNSSEC. */
#include "relay/client/dnssec_check.h"

#include <stddef.h>

#include "base/log/log.h"

static void
on_answer(struct resolver_question *question, const struct resolver_answer *answer)
{
	struct dnssec_check *check = (struct dnssec_check *)question;
	check->asking = false;
	if (answer->outcome == RESOLVER_FAILED)
		return;
	bool was_missing = check->missing;
	check->missing = !answer->secure;
	if (check->figures != NULL)
		check->figures->dnssec_missing = check->missing;
	if (check->missing && !was_missing)
		log_event("dnssec-missing", NULL);
}

void
dnssec_check_ask(struct dnssec_check *check)
{
	if (check->asking)
		return;
	check->asking = true;
	check->question.done = on_answer;
	resolver_ask(check->resolver, RESOLVER_NS, "", &check->question);
}
