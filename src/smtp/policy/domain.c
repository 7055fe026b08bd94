/* Checks in the DNS that the domains of senders and recipients exist and have mail. */
#include <string.h>

#include "base/address/idna.h"
#include "smtp/lookup_state.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/questions.h"

static struct ftg_reply
about(enum ftg_id id, struct span text)
{
	return ftg_reply_text(id, text.text, text.len);
}

/* Has the address a domain that can be in the DNS? An address literal has none. */
static bool
has_domain(const struct address *address)
{
	return address->domain[0] != '\0' && address->domain[0] != '[';
}

/* A domain without MX gets mail at its own address (RFC 5321 section 5.1); a null MX says that it gets none (RFC 7505). */
static void
note_sender(struct questions *questions, const struct question *question, const struct resolver_answer *answer)
{
	if (question->type == RESOLVER_MX && answer->outcome == RESOLVER_NO_DATA) {
		questions_ask(questions, RESOLVER_A, question->name);
		questions_ask(questions, RESOLVER_AAAA, question->name);
	}
	if (question->type == RESOLVER_MX && answer->count == 1 && answer->records[0].len == 0)
		questions->found = 0;
}

static struct ftg_reply
judge_sender(struct questions *questions)
{
	if (questions->found > 0 || questions->failed > 0)
		return policy_pass();
	if (questions->asked[0].outcome == RESOLVER_NO_NAME)
		return about(ERR_SMTP_ADDRESS_SENDERSPOOF, questions->s->policy.subject.text);
	return ftg_reply(ERR_SMTP_SENDERDOMAIN);
}

struct ftg_reply
check_sender_domain(struct smtp_session *s, const struct policy_subject *subject)
{
	char name[DNS_NAME_SIZE];
	if (!s->config->policy.sender_domain_check || s->config->resolver == NULL || subject->address->null ||
	    !has_domain(subject->address) || s->envelope.known.hosted || s->envelope.known.failed)
		return policy_pass();
	if (!idna_to_ascii(name, subject->address->domain))
		return about(ERR_SMTP_ADDRESS_SENDERSPOOF, subject->text);
	struct questions *questions = questions_begin(s);
	if (questions == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	questions->note = note_sender;
	questions->judge = judge_sender;
	questions_ask(questions, RESOLVER_MX, name);
	return questions_end(questions);
}

static struct ftg_reply
judge_recipient(struct questions *questions)
{
	if (questions->asked[0].outcome != RESOLVER_NO_NAME)
		return policy_pass();
	return about(ERR_SMTP_ADDRESS_DOAMIN, questions->s->policy.subject.text);
}

/* Only clients that may relay learn from the reply whether a remote domain exists. */
struct ftg_reply
check_recipient_domain(struct smtp_session *s, const struct policy_subject *subject)
{
	char name[DNS_NAME_SIZE];
	bool may_relay = s->user != NULL || (s->access & ACCESS_RELAY);
	bool elsewhere = s->lookup->recipient.base.verdict == DIRECTORY_NO_DOMAIN;
	if (!may_relay || !elsewhere || !has_domain(subject->address))
		return policy_pass();
	if (!idna_to_ascii(name, subject->address->domain))
		return about(ERR_SMTP_ADDRESS_DOAMIN, subject->text);
	if (!s->config->policy.recipient_domain_check || s->config->resolver == NULL)
		return policy_pass();
	struct questions *questions = questions_begin(s);
	if (questions == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	questions->judge = judge_recipient;
	questions_ask(questions, RESOLVER_MX, name);
	return questions_end(questions);
}
