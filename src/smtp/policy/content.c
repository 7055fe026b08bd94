/* Refuses prohibited content: attachments by name or type, and patterns in the header (#4.41). */
#include <stdio.h>

#include "message/content_rules.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/inspection.h"

/* A message too complex to be examined whole is refused, or a sender could hide an attachment in it. */
static void
look(struct inspection *inspection)
{
	struct content_finding finding;
	content_rules_look(inspection->s->config->content_rules, inspection->file, &finding);
	snprintf(inspection->text, sizeof inspection->text, "%s", finding.detail);
	inspection->failed = finding.detail[0] != '\0';
	inspection->cause = finding.cause;
	switch (finding.verdict) {
	case CONTENT_CLEAN: break;
	case CONTENT_PROHIBITED:
	case CONTENT_BEYOND: inspection->id = ERR_SMTP_MESSAGE_CONTENT; break;
	case CONTENT_FAILED: inspection->id = ERR_SMTP_HARDERROR; break;
	}
}

struct ftg_reply
check_content(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->config->content_rules != NULL ? inspection_start(s, s->config->inspector, look) : policy_pass();
}
