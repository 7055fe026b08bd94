/* Greylisting: defers mail whose network, sender and recipient are seen together for the first time. */
#include "port/greylist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"

/* A question to the greylist under way. */
struct asking {
	struct greylist_question question;
	struct smtp_session *session;
	enum ftg_id refusal;
};

static void
answered(struct greylist_question *question)
{
	struct asking *asking = (struct asking *)(void *)question;
	struct smtp_session *s = asking->session;
	struct ftg_reply verdict = policy_pass();
	char left[24];
	if (question->verdict == GREYLIST_FAILED)
		s->outlet->log(s->outlet, "greylist-failed", "detail", question->trouble, NULL);
	if (question->verdict == GREYLIST_WAIT) {
		verdict = ftg_reply(asking->refusal);
		snprintf(left, sizeof left, "%" PRId64, question->left);
		s->outlet->log(s->outlet, "greylisted", "seconds-left", left, NULL);
	}
	free(asking);
	policy_decide(s, verdict);
}

static struct ftg_reply
ask(struct smtp_session *s, const struct address *sender, const struct address *recipient, enum ftg_id refusal)
{
	struct greylist *greylist = s->config->greylist;
	struct asking *asking = malloc(sizeof *asking);
	if (asking == NULL || !policy_wait(s)) {
		free(asking);
		return ftg_reply(ERR_SMTP_HARDERROR);
	}
	*asking = (struct asking) {
		.question = {
			.keys = greylist_keys(greylist->secret, s->peer.address, sender, recipient),
			.now = s->config->now(),
			.answered = answered,
		},
		.session = s,
		.refusal = refusal,
	};
	greylist_ask(greylist, &asking->question);
	return policy_pass();
}

/* Mail to a postmaster is never greylisted, nor is mail to a domain with greylisting off. */
static bool
is_excepted(const struct address *recipient, bool waits)
{
	return !waits || policy_is_postmaster(recipient);
}

/* Parses an address of the envelope, which has been parsed before, so it is valid. */
static struct address
parsed(const char *text)
{
	struct address address = { .null = true };
	if (*text != '\0')
		(void)address_parse(&address, text, strlen(text), true, true);
	return address;
}

struct ftg_reply
check_greylist(struct smtp_session *s, const struct policy_subject *subject)
{
	const struct domain *domain = &s->lookup->recipient.recipient.domain;
	bool waits = domain->name[0] == '\0' || domain->greylist;
	if (s->config->greylist == NULL || *s->envelope.sender == '\0' || is_excepted(subject->address, waits) ||
	    (s->envelope.known.access & ACCESS_PERMITTED))
		return policy_pass();
	const struct address sender = parsed(s->envelope.sender);
	return ask(s, &sender, subject->address, ERR_SMTP_GLFAILRCP);
}

/* Callout verification (null sender, no DATA) is not greylisted at RCPT. */
struct ftg_reply
check_greylist_data(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	if (s->config->greylist == NULL || *s->envelope.sender != '\0')
		return policy_pass();
	const struct address sender = parsed(""), recipient = parsed(s->envelope.first);
	if (is_excepted(&recipient, s->envelope.first_waits))
		return policy_pass();
	return ask(s, &sender, &recipient, ERR_SMTP_GLFAILDATA);
}
