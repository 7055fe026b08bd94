/* AUTH (RFC 5034): the SASL exchange between the command and its final reply. */
#include <stdio.h>
#include <string.h>

#include "pop3/internal.h"
#include "session/sasl.h"

static bool
is_offered(const struct pop3_session *s, enum sasl_mechanism mechanism)
{
	return s->config->sasl != NULL && (s->config->mechanisms & 1U << mechanism) != 0;
}

static bool
is_usable(const struct pop3_session *s, enum sasl_mechanism mechanism)
{
	return login_may_be_plain(s) || !sasl_mechanism_is_plaintext(mechanism);
}

void
exchange_names(const struct pop3_session *s, char names[EXCHANGE_NAMES_MAX])
{
	size_t len = 0;

	for (int i = 0; i < SASL_MECHANISMS; i++) {
		enum sasl_mechanism mechanism = (enum sasl_mechanism)i;
		if (is_offered(s, mechanism) && is_usable(s, mechanism))
			len += (size_t)snprintf(
			    names + len, EXCHANGE_NAMES_MAX - len, " %s", sasl_mechanism_name(mechanism));
	}
}

/* Programs read the line, so it holds nothing but the challenge (RFC 5034 section 4). */
static struct ftg_reply
challenge(struct pop3_session *s)
{
	const char *text = sasl_challenge(s->login->sasl);

	s->outlet->send(s->outlet, "+ ", 2);
	s->outlet->send(s->outlet, text, strlen(text));
	s->outlet->send(s->outlet, "\r\n", 2);
	s->state = POP3_AUTH;
	s->line.limit = SASL_LINE_MAX;
	return answered();
}

/* The reply to a step of the exchange after which nothing remains to be checked. */
static struct ftg_reply
finish(struct pop3_session *s, enum sasl_status status)
{
	switch (status) {
	case SASL_CHALLENGE: return challenge(s);
	case SASL_OK: return login_finish(s, true);
	case SASL_FAILED: return login_finish(s, false);
	case SASL_CANCELLED: return login_cancel(s, FTG_POP_CANCELLED);
	case SASL_MALFORMED: s->cause = "malformed"; return login_cancel(s, ERR_POP_SYNTAX);
	default: return login_fail(s, FTG_POP_TROUBLE);
	}
}

static void
work(struct job *job)
{
	struct login *login = (struct login *)(void *)job;
	struct login_account *account = &login->account;

	login->status = (int)sasl_check(login->sasl, account->identity, login_account_credentials(account));
	explicit_bzero(&account->credentials, sizeof account->credentials);
}

static void
checked(struct job *job)
{
	struct login *login = (struct login *)(void *)job;
	struct pop3_session *s = login->session;

	s->busy = false;
	(void)finish(s, job->dropped ? SASL_TROUBLE : (enum sasl_status)login->status);
	pop3_resume(s);
}

/* A password is checked in a job, since that computes a hash; a proof is checked at once. */
static struct ftg_reply
check_account(struct pop3_session *s)
{
	struct login *login = s->login;

	if (!sasl_check_blocks(login->sasl)) {
		work(&login->job);
		return finish(s, (enum sasl_status)login->status);
	}
	login->job = (struct job) { .work = work, .done = checked, .owner = s->outlet->owner };
	s->busy = true;
	s->config->hasher->start(s->config->hasher, &login->job);
	return answered();
}

static struct ftg_reply
check(struct pop3_session *s)
{
	return login_look_up(s, sasl_user(s->login->sasl), check_account);
}

static struct ftg_reply
resume(struct pop3_session *s, enum sasl_status status)
{
	return status == SASL_CHECK ? check(s) : finish(s, status);
}

struct ftg_reply
exchange_start(struct pop3_session *s, const char *arg, size_t len)
{
	const char *space = memchr(arg, ' ', len);
	size_t name = space != NULL ? (size_t)(space - arg) : len;
	enum sasl_mechanism mechanism = sasl_mechanism_find(arg, name);

	if (mechanism == SASL_MECHANISMS || !is_offered(s, mechanism))
		return refuse_for(s, ERR_POP_SYNTAX, "mechanism");
	if (!is_usable(s, mechanism))
		return ftg_reply(ERR_POP_SECUREAUTH);
	if (login_is_barred(s))
		return refuse_for(s, ERR_POP_LOGIN, "blacklisted");
	if (!login_begin(s, sasl_mechanism_name(mechanism), ERR_POP_LOGIN2))
		return ftg_reply(FTG_POP_TROUBLE);
	s->login->sasl = sasl_new(s->config->sasl, mechanism);
	if (s->login->sasl == NULL)
		return login_fail(s, FTG_POP_TROUBLE);
	return resume(s, sasl_start(s->login->sasl, space != NULL ? space + 1 : NULL, len - name - (space != NULL)));
}

struct ftg_reply
exchange_line(struct pop3_session *s, const struct line *line)
{
	if (line->status == LINE_READY)
		return resume(s, sasl_step(s->login->sasl, line->text, line->len));
	return finish(s, line->status == LINE_NO_MEMORY ? SASL_TROUBLE : SASL_MALFORMED);
}
