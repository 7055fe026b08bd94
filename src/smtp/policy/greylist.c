/* Greylisting: strangers whose mail comes this way for the first time are to come again. */
#include "port/greylist.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "smtp/policy/checks.h"

/* A question under way. */
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

/* A postmaster is to be reached at once, and so is a domain whose people don't want their mail to wait. */
static bool
is_excepted(struct smtp_session *s, const struct address *recipient)
{
	struct directory *directory = s->config->directory;
	struct domain domain;
	static const char postmaster[] = "postmaster";
	if (strlen(recipient->local) == sizeof postmaster - 1 &&
	    ascii_equal(recipient->local, postmaster, sizeof postmaster - 1))
		return true;
	return directory->ops->domain(directory, recipient->domain, &domain) == DIRECTORY_FOUND && !domain.greylist;
}

static bool
is_permitted(struct smtp_session *s, const struct address *sender)
{
	struct directory *directory = s->config->directory;
	unsigned access = 0;
	return directory->ops->sender(directory, sender, &access) == DIRECTORY_FOUND && (access & ACCESS_PERMITTED);
}

/* What the envelope holds has been parsed before. */
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
	if (s->config->greylist == NULL || *s->envelope.sender == '\0' || is_excepted(s, subject->address))
		return policy_pass();
	const struct address sender = parsed(s->envelope.sender);
	return is_permitted(s, &sender) ? policy_pass() : ask(s, &sender, subject->address, ERR_SMTP_GLFAILRCP);
}

/* Who asks by the null sender whether there is such an address sends no data, and need not wait. */
struct ftg_reply
check_greylist_data(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	if (s->config->greylist == NULL || *s->envelope.sender != '\0')
		return policy_pass();
	const struct address sender = parsed(""), recipient = parsed(s->envelope.first);
	return is_excepted(s, &recipient) ? policy_pass() : ask(s, &sender, &recipient, ERR_SMTP_GLFAILDATA);
}
