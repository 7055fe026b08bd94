/* USER, PASS and APOP (RFC 1939); and the steps of any login from the proof to the maildrop. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/utf8.h"
#include "pop3/internal.h"
#include "session/apop.h"
#include "session/login_count.h"
#include "session/sasl.h"

bool
login_may_be_plain(const struct pop3_session *s)
{
	return s->encrypted || s->config->plain_in_clear;
}

bool
login_is_barred(const struct pop3_session *s)
{
	bool barred = s->config->limiter != NULL && limiter_is_blacklisted(s->config->limiter, s->address);
	if (barred)
		login_count(s->config->stats, "blacklisted");
	return barred;
}

void
login_end(struct pop3_session *s)
{
	if (s->login == NULL)
		return;
	sasl_free(s->login->sasl);
	explicit_bzero(s->login, sizeof *s->login);
	free(s->login);
	s->login = NULL;
	s->line.limit = POP3_LINE_MAX;
	if (s->state == POP3_AUTH)
		s->state = POP3_AUTHORIZATION;
}

/* Numbers for the log. */
struct decimal {
	char text[24];
};

static struct decimal
decimal(size_t number)
{
	struct decimal decimal;

	snprintf(decimal.text, sizeof decimal.text, "%zu", number);
	return decimal;
}

void
login_forget(struct pop3_session *s)
{
	if (s->maildrop != NULL) {
		if (s->user != NULL)
			s->outlet->log(s->outlet, "logout", "user", s->user, "fetched", decimal(s->tally.fetched).text,
			    "removed", decimal(s->tally.removed).text, NULL);
		maildrop_read_end(s->maildrop);
		maildrop_close(s->maildrop);
	}
	free(s->name);
	free(s->user);
	s->maildrop = NULL;
	s->name = s->user = NULL;
}

bool
login_begin(struct pop3_session *s, const char *method, enum ftg_id refusal)
{
	s->login = calloc(1, sizeof *s->login);
	if (s->login == NULL)
		return false;
	s->login->session = s;
	s->login->method = method;
	s->login->refusal = refusal;
	return true;
}

/*
 * The published reply says that the login is wrong. Strictly, a client must not be told so (RFC 3206 section 4): it may
 * forget the password.
 */
static struct ftg_reply
fail_for_directory(struct pop3_session *s)
{
	s->cause = "directory";
	return login_fail(s, s->config->profile == FTG_STRICT ? FTG_POP_TROUBLE : ERR_POP_LOGIN);
}

static void
account_is_known(struct login_account *account, bool answered)
{
	struct login *login = (struct login *)(void *)((char *)account - offsetof(struct login, account));
	struct pop3_session *s = login->session;

	s->busy = false;
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_DOMAIN, account->named);
	if (answered)
		(void)login->then(s);
	else
		(void)fail_for_directory(s);
	pop3_resume(s);
}

struct ftg_reply
login_look_up(struct pop3_session *s, const char *name, struct ftg_reply (*then)(struct pop3_session *s))
{
	struct login *login = s->login;

	snprintf(login->name, sizeof login->name, "%s", name);
	login->then = then;
	s->busy = true;
	login_account_find(&login->account, s->config->directory, s->config->sasl, login->name, account_is_known);
	return answered();
}

/* The answer to a login. Its arguments are freed with the login. */
static struct ftg_reply
answer(struct pop3_session *s, struct ftg_reply reply)
{
	pop3_reply(s, reply);
	login_end(s);
	return answered();
}

struct ftg_reply
login_fail(struct pop3_session *s, enum ftg_id id)
{
	login_count(s->config->stats, "failed");
	return answer(s, ftg_reply(id));
}

struct ftg_reply
login_cancel(struct pop3_session *s, enum ftg_id id)
{
	pop3_reply(s, ftg_reply(id));
	login_abandon(s);
	return answered();
}

static void
log_failure(const struct pop3_session *s, const char *cause)
{
	s->outlet->log(
	    s->outlet, "login-failed", "user", s->login->name, "mechanism", s->login->method, "cause", cause, NULL);
	login_count(s->config->stats, cause);
}

/* A wrong proof, or none after a salt was shown, counts against the client's address. */
static void
count_failure(struct pop3_session *s)
{
	if (s->config->limiter != NULL &&
	    limiter_failed_login(s->config->limiter, s->address, ftg_row(s->login->refusal)->ref))
		s->outlet->log(s->outlet, "blacklisted", "cause", ftg_row(s->login->refusal)->ref, NULL);
}

void
login_abandon(struct pop3_session *s)
{
	if (s->login != NULL && s->login->sasl != NULL && sasl_has_shown_salt(s->login->sasl)) {
		count_failure(s);
		log_failure(s, "abandoned");
	}
	login_end(s);
}

/* The log names the cause; a client learns it only after the right password. */
static struct ftg_reply
refuse(struct pop3_session *s, const char *cause, enum ftg_id id)
{
	struct login *login = s->login;

	log_failure(s, cause);
	s->cause = cause;
	return answer(s, ftg_reply_text(id, login->account.address, strlen(login->account.address)));
}

/* The account's maildrop is open: the TRANSACTION state begins. */
static struct ftg_reply
admit(struct pop3_session *s)
{
	struct login *login = s->login;
	struct maildrop_total total = maildrop_total(s->maildrop);
	struct ftg_reply reply = ftg_reply_count(FTG_POP_LOGIN, total.messages);

	reply.arg[1].number = total.octets;
	s->user = strdup(login->account.address);
	if (s->user == NULL)
		return login_fail(s, FTG_POP_TROUBLE);
	if (s->config->limiter != NULL)
		limiter_logged_in(s->config->limiter, login->account.address, 1000 * (int64_t)s->config->login_delay);
	s->outlet->log(s->outlet, "login", "user", s->user, "mechanism", login->method, NULL);
	login_count(s->config->stats, NULL);
	s->outlet->prefer(s->outlet, LANGUAGE_OF_ACCOUNT, login->account.language);
	s->outlet->speak_of(s->outlet, LANGUAGE_OF_ACCOUNT, login->account.domain);
	s->state = POP3_TRANSACTION;
	return answer(s, reply);
}

static void
opened(void *context, enum maildrop_result result)
{
	struct pop3_session *s = context;

	s->busy = false;
	switch (result) {
	case MAILDROP_OK: (void)admit(s); break;
	case MAILDROP_LOCKED: (void)refuse(s, "locked", ERR_POP_LOCKED); break;
	case MAILDROP_ACCESS:
		pop3_log_failure(s, "maildrop-failed");
		(void)refuse(s, "maildrop", ERR_POP_ACCESS);
		break;
	case MAILDROP_FAILED:
		pop3_log_failure(s, "maildrop-failed");
		(void)refuse(s, "maildrop", FTG_POP_TROUBLE);
		break;
	}
	if (s->state != POP3_TRANSACTION)
		login_forget(s);
	pop3_resume(s);
}

static struct ftg_reply
open_maildrop(struct pop3_session *s)
{
	s->maildrop = maildrop_new(s->config->folder, &s->login->account.mailbox, s->config->executor);
	if (s->maildrop == NULL)
		return login_fail(s, FTG_POP_TROUBLE);
	s->busy = true;
	enum maildrop_form form = !s->utf8 && s->config->downgrade ? MAILDROP_SURROGATES : MAILDROP_ORIGINALS;
	maildrop_open(s->maildrop, form, opened, s);
	return answered();
}

/* Another server has the mail of the account: its store. A Maildir made here would be empty. */
static bool
is_elsewhere(const struct mailbox *mailbox)
{
	struct channel_address address;
	enum store_kind kind = store_name_parse(mailbox->store, &address);

	return kind == STORE_LMTP || kind == STORE_UNFIT;
}

/* A client that does not know the password must not learn the state of the account. */
struct ftg_reply
login_finish(struct pop3_session *s, bool right)
{
	struct login *login = s->login;
	struct limiter *limiter = s->config->limiter;

	if (!right)
		count_failure(s);
	if (!right)
		return refuse(s, login->account.known ? "wrong-password" : "unknown-user", login->refusal);
	if (login->account.flags & ACCOUNT_DISABLED)
		return refuse(s, "disabled", ERR_POP_DISABLED);
	if (!(login->account.flags & ACCOUNT_POP3))
		return refuse(s, "no-privilege", ERR_POP_ACCESSDENIED);
	if (is_elsewhere(&login->account.mailbox))
		return refuse(s, "elsewhere", ERR_POP_ACCESSDENIED);
	if (limiter != NULL && limiter_is_too_soon(limiter, login->account.address))
		return refuse(s, "too-soon", FTG_POP_LOGIN_DELAY);
	return open_maildrop(s);
}

static bool
is_utf8(const char *text, size_t len)
{
	for (size_t octets; len > 0; text += octets, len -= octets)
		if ((octets = utf8_length(text, len)) == 0)
			return false;
	return true;
}

/* Says the same for every name (RFC 1939 section 7, RFC 3206 section 5). */
struct ftg_reply
login_user(struct pop3_session *s, const char *arg, size_t len)
{
	if (!login_may_be_plain(s))
		return ftg_reply(ERR_POP_SECUREAUTH);
	if (len > CREDENTIALS_NAME_MAX || !is_utf8(arg, len))
		return ftg_reply(ERR_POP_SYNTAX);
	free(s->name);
	s->name = strndup(arg, len);
	return ftg_reply(s->name != NULL ? FTG_POP_USER : FTG_POP_TROUBLE);
}

static void
check_password(struct job *job)
{
	struct login *login = (struct login *)(void *)job;
	const char *hash = login->account.known && login->account.credentials.hash[0] != '\0'
	    ? login->account.credentials.hash
	    : NULL;

	login->right = login->session->config->verify(login->password, hash) && hash != NULL;
	explicit_bzero(login->password, sizeof login->password);
}

static void
checked_password(struct job *job)
{
	struct login *login = (struct login *)(void *)job;
	struct pop3_session *s = login->session;

	s->busy = false;
	if (job->dropped)
		(void)login_fail(s, FTG_POP_TROUBLE);
	else
		(void)login_finish(s, login->right);
	pop3_resume(s);
}

static struct ftg_reply
start_check(struct pop3_session *s)
{
	s->login->job = (struct job) { .work = check_password, .done = checked_password, .owner = s->outlet->owner };
	s->busy = true;
	s->config->hasher->start(s->config->hasher, &s->login->job);
	return answered();
}

/* A name is good for one password. */
static struct ftg_reply
pass(struct pop3_session *s, char *name, const char *password, size_t len)
{
	if (name == NULL)
		return refuse_for(s, ERR_POP_LOGIN, "sequence");
	if (login_is_barred(s))
		return refuse_for(s, ERR_POP_LOGIN, "blacklisted");
	if (len > CREDENTIALS_PASSWORD_MAX)
		return ftg_reply(ERR_POP_SYNTAX);
	if (!login_begin(s, "USER", ERR_POP_LOGIN3))
		return ftg_reply(FTG_POP_TROUBLE);
	memcpy(s->login->password, password, len);
	return login_look_up(s, name, start_check);
}

struct ftg_reply
login_pass(struct pop3_session *s, const char *arg, size_t len)
{
	char *name = s->name;

	if (!login_may_be_plain(s))
		return ftg_reply(ERR_POP_SECUREAUTH);
	s->name = NULL;
	struct ftg_reply reply = pass(s, name, arg, len);
	free(name);
	return reply;
}

/* An account without a secret fails in the same way as a wrong digest. The digest stands where a password would. */
static struct ftg_reply
check_digest(struct pop3_session *s)
{
	const char *secret = s->login->account.credentials.secret;
	bool right = apop_matches(s->stamp, secret, s->login->password);

	return login_finish(s, right && secret[0] != '\0');
}

/* The name, then the digest in hexadecimal digits; a name may hold spaces. */
struct ftg_reply
login_apop(struct pop3_session *s, const char *arg, size_t len)
{
	char name[CREDENTIALS_NAME_MAX + 1];
	const char *space = memrchr(arg, ' ', len);
	const char *digest = space != NULL ? space + 1 : NULL;

	if (s->stamp == NULL)
		return refuse_for(s, ERR_POP_SYNTAX, "not-offered");
	if (digest == NULL || arg + len - digest != APOP_DIGEST || (size_t)(space - arg) >= sizeof name)
		return ftg_reply(ERR_POP_SYNTAX);
	if (login_is_barred(s))
		return refuse_for(s, ERR_POP_LOGIN, "blacklisted");
	if (!login_begin(s, "APOP", ERR_POP_LOGIN2))
		return ftg_reply(FTG_POP_TROUBLE);
	snprintf(name, sizeof name, "%.*s", (int)(space - arg), arg);
	memcpy(s->login->password, digest, APOP_DIGEST);
	return login_look_up(s, name, check_digest);
}
