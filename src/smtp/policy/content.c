/* Messages that hold what no message may hold: attachments by name or type, patterns in the header. */
#include <stdio.h>

#include "message/content_rules.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/inspection.h"

/* Who hides an attachment behind more structure than is looked at must not fare better than who does not. */
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
