/* Checks the name in EHLO and HELO: its form, and whether it is in the DNS. */
#include <string.h>

#include "base/address/address.h"
#include "base/text/ascii.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/questions.h"

static struct ftg_reply
refused(const struct smtp_session *s)
{
	struct span name = s->policy.subject.text;
	return ftg_reply_text(ERR_SMTP_TARPIT, name.text, name.len);
}

static bool
is_literal(struct span name)
{
	return name.text[0] == '[';
}

/* An IP address without brackets has the form of a domain, but no top-level domain is numeric (RFC 3696 section 2). */
static bool
is_sound(struct span name)
{
	if (name.len > DNS_NAME_MAX || !address_domain_valid(name.text, name.len, false))
		return false;
	if (is_literal(name))
		return true;
	const char *dot = memrchr(name.text, '.', name.len);
	const char *last = dot != NULL ? dot + 1 : name.text;
	for (; last < name.text + name.len; last++)
		if (!ascii_is_digit(*last))
			return true;
	return false;
}

static struct ftg_reply
judge(struct questions *questions)
{
	return questions->found > 0 || questions->failed > 0 ? policy_pass() : refused(questions->s);
}

static struct ftg_reply
look_up(struct smtp_session *s, struct span name)
{
	char text[DNS_NAME_SIZE];
	memcpy(text, name.text, name.len);
	text[name.len] = '\0';
	struct questions *questions = questions_begin(s);
	if (questions == NULL)
		return ftg_reply(ERR_SMTP_HARDERROR);
	questions->judge = judge;
	questions_ask(questions, RESOLVER_A, text);
	questions_ask(questions, RESOLVER_AAAA, text);
	questions_ask(questions, RESOLVER_MX, text);
	return questions_end(questions);
}

struct ftg_reply
check_hello(struct smtp_session *s, const struct policy_subject *subject)
{
	if (s->config->policy.helo_check == HELO_UNCHECKED)
		return policy_pass();
	if (!is_sound(subject->text))
		return refused(s);
	if (s->config->policy.helo_check != HELO_RESOLVABLE || s->config->resolver == NULL || is_literal(subject->text))
		return policy_pass();
	return look_up(s, subject->text);
}
