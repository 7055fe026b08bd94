/*
 * Greylisting: defers mail, all or that which a filter suspects, whose network,
 * sender and recipient were not seen together before.
 */
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
	struct address sender, recipient;
	enum ftg_id refusal;
	greylist_then *then;
	void *context;
};

static void
put_question(struct asking *asking)
{
	struct smtp_session *s = asking->session;
	struct greylist *greylist = s->config->greylist;
	asking->question.keys = greylist_keys(greylist->secret, s->peer.address, &asking->sender, &asking->recipient);
	greylist_ask(greylist, &asking->question);
}

static void
answered(struct greylist_question *question)
{
	struct asking *asking = (struct asking *)(void *)question;
	struct smtp_session *s = asking->session;
	enum ftg_id verdict = FTG_IDS;
	greylist_then *then = asking->then;
	void *context = asking->context;
	char left[24];
	if (question->verdict == GREYLIST_AGAIN) {
		put_question(asking);
		return;
	}
	if (question->verdict == GREYLIST_FAILED && question->trouble != NULL)
		s->outlet->log(s->outlet, "greylist-failed", "detail", question->trouble, NULL);
	if (question->verdict == GREYLIST_WAIT) {
		verdict = asking->refusal;
		snprintf(left, sizeof left, "%" PRId64, question->left);
		s->outlet->log(s->outlet, "greylisted", "seconds-left", left, NULL);
	}
	free(asking);
	then(context, verdict);
}

/* Returns false when memory is out. */
static bool
ask(struct smtp_session *s, const struct address *sender, const struct address *recipient, enum ftg_id refusal,
    greylist_then *then, void *context)
{
	struct asking *asking = malloc(sizeof *asking);
	if (asking == NULL)
		return false;
	*asking = (struct asking) {
		.question = {
			.now = s->config->now(),
			.answered = answered,
		},
		.session = s,
		.sender = *sender,
		.recipient = *recipient,
		.refusal = refusal,
		.then = then,
		.context = context,
	};
	put_question(asking);
	return true;
}

static void
decide(void *context, enum ftg_id verdict)
{
	policy_decide(context, ftg_reply(verdict));
}

static struct ftg_reply
check(struct smtp_session *s, const struct address *sender, const struct address *recipient, enum ftg_id refusal)
{
	if (!policy_wait(s))
		return ftg_reply(ERR_SMTP_HARDERROR);
	if (!ask(s, sender, recipient, refusal, decide, s))
		policy_decide(s, ftg_reply(ERR_SMTP_HARDERROR));
	return policy_pass();
}

/* Mail to a postmaster is not greylisted, nor is mail to a domain with greylisting off. */
bool
policy_is_greylisted(const struct smtp_session *s, const struct address *recipient)
{
	const struct domain *domain = &s->lookup->recipient.recipient.domain;
	return (domain->name[0] == '\0' || domain->greylist) && !policy_is_postmaster(recipient);
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

static bool
is_for_all(const struct smtp_session *s)
{
	return s->config->greylist != NULL && !s->config->greylist->suspects;
}

struct ftg_reply
check_greylist(struct smtp_session *s, const struct policy_subject *subject)
{
	if (!is_for_all(s) || *s->envelope.sender == '\0' || !policy_is_greylisted(s, subject->address) ||
	    (s->envelope.known.access & ACCESS_PERMITTED))
		return policy_pass();
	const struct address sender = parsed(s->envelope.sender);
	return check(s, &sender, subject->address, ERR_SMTP_GLFAILRCP);
}

/* Callout verification (null sender, no DATA) is not greylisted at RCPT. */
struct ftg_reply
check_greylist_data(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	if (!is_for_all(s) || *s->envelope.sender != '\0' || s->envelope.greylisted == NULL)
		return policy_pass();
	const struct address sender = parsed(""), recipient = parsed(s->envelope.greylisted);
	return check(s, &sender, &recipient, ERR_SMTP_GLFAILDATA);
}

/*
 * A message has one reply, whatever it has of recipients: it is known by the first one whose mail can be greylisted,
 * and need not wait only if there is none.
 */
bool
greylist_suspect(struct smtp_session *s, greylist_then *then, void *context)
{
	const struct greylist *greylist = s->config->greylist;
	if (greylist == NULL || !greylist->suspects || policy_is_known(s) || s->envelope.greylisted == NULL ||
	    (s->envelope.known.access & ACCESS_PERMITTED))
		return false;
	const struct address sender = parsed(s->envelope.sender), recipient = parsed(s->envelope.greylisted);
	return ask(s, &sender, &recipient, ERR_SMTP_GLFAILDATA, then, context);
}
