/* AUTH (RFC 4954): the SASL exchange between the command and its final reply. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "session/login_account.h"
#include "session/login_count.h"
#include "session/sasl.h"
#include "smtp/internal.h"

/* The exchange under way. */
struct auth {
	struct job job;
	struct smtp_session *session;
	struct sasl *sasl;
	enum sasl_mechanism mechanism;
	enum sasl_status status; /* of the job */
	struct login_account account;
};

static bool
is_usable(const struct smtp_session *s, enum sasl_mechanism mechanism)
{
	return s->version != NULL || s->config->plain_in_clear || !sasl_mechanism_is_plaintext(mechanism);
}

static bool
is_offered(const struct smtp_session *s, enum sasl_mechanism mechanism)
{
	return s->config->sasl != NULL && (s->config->mechanisms & 1U << mechanism) != 0;
}

bool
auth_is_offered(const struct smtp_session *s)
{
	char names[AUTH_NAMES_MAX] = "";

	auth_names(s, names);
	return names[0] != '\0';
}

void
auth_names(const struct smtp_session *s, char names[AUTH_NAMES_MAX])
{
	size_t len = 0;

	for (int i = 0; i < SASL_MECHANISMS && s->user == NULL; i++) {
		enum sasl_mechanism mechanism = (enum sasl_mechanism)i;
		if (is_offered(s, mechanism) && is_usable(s, mechanism))
			len += (size_t)snprintf(
			    names + len, AUTH_NAMES_MAX - len, " %s", sasl_mechanism_name(mechanism));
	}
}

bool
auth_is_missing(const struct smtp_session *s)
{
	return s->config->auth_required && s->user == NULL;
}

void
auth_end(struct smtp_session *s)
{
	if (s->auth == NULL)
		return;
	sasl_free(s->auth->sasl);
	explicit_bzero(s->auth, sizeof *s->auth);
	free(s->auth);
	s->auth = NULL;
	s->line.limit = SMTP_LINE_MAX;
	if (s->state == SMTP_AUTH)
		s->state = SMTP_READY;
}

/* Logs the cause, which the client is not shown, and counts a failed login of its address. */
static void
count_failure(struct smtp_session *s, const char *cause)
{
	s->outlet->log(s->outlet, "login-failed", "user", sasl_user(s->auth->sasl), "mechanism",
	    sasl_mechanism_name(s->auth->mechanism), "cause", cause, NULL);
	login_count(s->config->stats, cause);
	if (s->config->limiter != NULL &&
	    limiter_failed_login(s->config->limiter, s->peer.address, ftg_row(ERR_SMTP_AUTHFAILED)->ref))
		s->outlet->log(s->outlet, "blacklisted", "cause", ftg_row(ERR_SMTP_AUTHFAILED)->ref, NULL);
}

static struct ftg_reply
refuse(struct smtp_session *s, const char *cause)
{
	count_failure(s, cause);
	auth_end(s);
	return refuse_for(s, ERR_SMTP_AUTHFAILED, cause);
}

void
auth_abandon(struct smtp_session *s)
{
	if (s->auth != NULL && sasl_has_shown_salt(s->auth->sasl))
		count_failure(s, "abandoned");
	auth_end(s);
}

/* Few accounts have rates of their own. Returns false when memory is out. */
static bool
keep_rates(struct smtp_session *s, const struct account_rates *rates)
{
	static const struct account_rates none;
	free(s->rates);
	s->rates = NULL;
	if (memcmp(rates, &none, sizeof none) == 0)
		return true;
	if ((s->rates = malloc(sizeof *s->rates)) != NULL)
		*s->rates = *rates;
	return s->rates != NULL;
}

static struct ftg_reply
admit(struct smtp_session *s)
{
	const struct login_account *account = &s->auth->account;

	if (account->flags & ACCOUNT_DISABLED)
		return refuse(s, "disabled");
	if (!(account->flags & ACCOUNT_SMTP))
		return refuse(s, "no-privilege");
	s->user = keep_rates(s, &account->rates) ? strdup(sasl_user(s->auth->sasl)) : NULL;
	s->account = account->mailbox.account;
	s->mechanism = sasl_mechanism_name(s->auth->mechanism);
	s->rights = (unsigned char)account->flags;
	xlang_prefer(s, LANGUAGE_OF_ACCOUNT, account->language);
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_ACCOUNT, s->user != NULL ? account->domain : "");
	if (s->user != NULL)
		s->outlet->log(s->outlet, "login", "user", account->address, "mechanism", s->mechanism, NULL);
	login_count(s->config->stats, s->user != NULL ? NULL : "out-of-memory");
	auth_end(s);
	return ftg_reply(s->user != NULL ? ERR_SMTP_AUTHOK : ERR_SMTP_HARDERROR);
}

static struct ftg_reply
challenge(struct smtp_session *s)
{
	const char *text = sasl_challenge(s->auth->sasl);
	size_t len = strlen(text);

	if (len > ftg_arg_max(FTG_ARG_CHALLENGE)) {
		auth_end(s);
		return refuse_for(s, ERR_SMTP_AUTHWTF, "challenge-too-long");
	}
	s->state = SMTP_AUTH;
	s->line.limit = SASL_LINE_MAX;
	return ftg_reply_text(ERR_SMTP_334, text, len);
}

/* The server cannot check the login. cause NULL: it is that of the reply. */
static struct ftg_reply
fail(struct smtp_session *s, const char *cause)
{
	login_count(s->config->stats, "failed");
	auth_end(s);
	return cause != NULL ? refuse_for(s, ERR_SMTP_HARDERROR, cause) : ftg_reply(ERR_SMTP_HARDERROR);
}

/* The reply to a step of the exchange after which nothing remains to be checked. */
static struct ftg_reply
finish(struct smtp_session *s, enum sasl_status status)
{
	switch (status) {
	case SASL_CHALLENGE: return challenge(s);
	case SASL_OK: return admit(s);
	case SASL_FAILED: return refuse(s, s->auth->account.known ? "wrong-password" : "unknown-user");
	case SASL_CANCELLED: auth_abandon(s); return refuse_for(s, ERR_SMTP_AUTHWTF, "cancelled");
	case SASL_MALFORMED: auth_abandon(s); return refuse_for(s, ERR_SMTP_AUTHWTF, "malformed");
	default: return fail(s, NULL);
	}
}

static void
work(struct job *job)
{
	struct auth *auth = (struct auth *)(void *)job;
	struct login_account *account = &auth->account;

	auth->status = sasl_check(auth->sasl, account->identity, login_account_credentials(account));
	explicit_bzero(&account->credentials, sizeof account->credentials);
}

static void
checked(struct job *job)
{
	struct auth *auth = (struct auth *)(void *)job;
	struct smtp_session *s = auth->session;

	s->busy = false;
	smtp_reply(s, finish(s, job->dropped ? SASL_TROUBLE : auth->status));
	smtp_resume(s);
}

/* A password is checked in a job, since that computes a hash; a proof is checked at once. */
static struct ftg_reply
check_account(struct smtp_session *s, bool answered)
{
	struct auth *auth = s->auth;

	s->outlet->speak_of(s->outlet, LANGUAGE_OF_DOMAIN, auth->account.named);
	if (!answered)
		return fail(s, "directory");
	if (!sasl_check_blocks(auth->sasl)) {
		work(&auth->job);
		return finish(s, auth->status);
	}
	auth->job = (struct job) { .work = work, .done = checked, .owner = s->outlet->owner };
	s->busy = true;
	s->config->hasher->start(s->config->hasher, &auth->job);
	return ftg_reply(FTG_IDS);
}

static void
account_is_known(struct login_account *account, bool answered)
{
	struct auth *auth = (struct auth *)(void *)((char *)account - offsetof(struct auth, account));
	struct smtp_session *s = auth->session;

	s->busy = false;
	struct ftg_reply reply = check_account(s, answered);
	if (reply.id != FTG_IDS)
		smtp_reply(s, reply);
	smtp_resume(s);
}

static struct ftg_reply
check(struct smtp_session *s)
{
	s->busy = true;
	login_account_find(
	    &s->auth->account, s->config->directory, s->config->sasl, sasl_user(s->auth->sasl), account_is_known);
	return ftg_reply(FTG_IDS);
}

static struct ftg_reply
resume(struct smtp_session *s, enum sasl_status status)
{
	return status == SASL_CHECK ? check(s) : finish(s, status);
}

static bool
begin(struct smtp_session *s, enum sasl_mechanism mechanism)
{
	s->auth = calloc(1, sizeof *s->auth);
	if (s->auth == NULL)
		return false;
	s->auth->session = s;
	s->auth->mechanism = mechanism;
	s->auth->sasl = sasl_new(s->config->sasl, mechanism);
	if (s->auth->sasl == NULL)
		auth_end(s);
	return s->auth != NULL;
}

struct ftg_reply
auth_start(struct smtp_session *s, const char *arg, size_t len)
{
	const char *space = memchr(arg, ' ', len);
	size_t name = space != NULL ? (size_t)(space - arg) : len;
	enum sasl_mechanism mechanism = sasl_mechanism_find(arg, name);

	if (s->config->sasl == NULL)
		return refuse_for(s, ERR_SMTP_SYNTAX3, "not-offered");
	if (s->user != NULL)
		return ftg_reply(ERR_SMTP_AUTHFAILED2);
	if (mechanism == SASL_MECHANISMS || !is_offered(s, mechanism))
		return ftg_reply(ERR_SMTP_BADAUTH);
	if (!is_usable(s, mechanism))
		return ftg_reply(starttls_is_offered(s) ? ERR_SMTP_TLSREQUIRED : ERR_SMTP_BADAUTH);
	if (s->config->limiter != NULL && limiter_is_blacklisted(s->config->limiter, s->peer.address)) {
		login_count(s->config->stats, "blacklisted");
		return refuse_for(s, ERR_SMTP_ACCESSDENIED2, "blacklisted");
	}
	if (!begin(s, mechanism))
		return ftg_reply(ERR_SMTP_HARDERROR);
	return resume(s, sasl_start(s->auth->sasl, space != NULL ? space + 1 : NULL, len - name - (space != NULL)));
}

struct ftg_reply
auth_line(struct smtp_session *s, const struct line *line)
{
	if (line->status == LINE_READY)
		return resume(s, sasl_step(s->auth->sasl, line->text, line->len));
	return finish(s, line->status == LINE_NO_MEMORY ? SASL_TROUBLE : SASL_MALFORMED);
}
