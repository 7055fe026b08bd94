/* USER, PASS and APOP (RFC 1939); and what becomes of any login: from a proof to the maildrop. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "pop3/internal.h"
#include "session/apop.h"
#include "session/password.h"
#include "session/sasl.h"

bool
login_may_be_plain(const struct pop3_session *s)
{
	return s->encrypted || s->config->plain_in_clear;
}

bool
login_is_barred(const struct pop3_session *s)
{
	return s->config->limiter != NULL && limiter_is_blacklisted(s->config->limiter, s->address);
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

static void
take_account(struct login *login, const struct account *account)
{
	login->flags = account->flags;
	login->mailbox = account->mailbox;
	snprintf(login->address, sizeof login->address, "%s@%s", account->local, account->domain.name);
	snprintf(login->language, sizeof login->language, "%s",
	    *account->language != '\0' ? account->language : account->domain.language);
	snprintf(login->credentials.hash, sizeof login->credentials.hash, "%s", account->password);
	snprintf(login->credentials.secret, sizeof login->credentials.secret, "%s", account->secret);
	password_read_scram(&login->credentials.scram, account->scram_sha256);
}

bool
login_look_up(struct pop3_session *s, const char *name)
{
	struct login *login = s->login;
	struct directory *directory = s->config->directory;
	struct account account;

	snprintf(login->name, sizeof login->name, "%s", name);
	enum directory_verdict verdict = directory->ops->account(directory, login->name, &account);
	login->known = verdict == DIRECTORY_FOUND;
	if (login->known)
		take_account(login, &account);
	explicit_bzero(&account, sizeof account);
	return verdict != DIRECTORY_FAILED;
}

/* The answer to a login. What it names is gone with the login. */
static struct ftg_reply
answer(struct pop3_session *s, struct ftg_reply reply)
{
	pop3_answer(s, reply);
	login_end(s);
	return answered();
}

struct ftg_reply
login_give_up(struct pop3_session *s, enum ftg_id id)
{
	return answer(s, ftg_reply(id));
}

/* What the log is told, and the client is not, unless its password was right. */
static struct ftg_reply
refuse(struct pop3_session *s, const char *cause, enum ftg_id id)
{
	struct login *login = s->login;

	s->outlet->log(
	    s->outlet, "login-failed", "user", login->name, "mechanism", login->method, "cause", cause, NULL);
	return answer(s, ftg_reply_text(id, login->address, strlen(login->address)));
}

/* The account's maildrop is open: the TRANSACTION state begins. */
static struct ftg_reply
admit(struct pop3_session *s)
{
	struct login *login = s->login;
	struct maildrop_total total = maildrop_total(s->maildrop);
	struct ftg_reply reply = ftg_reply_count(FTG_POP_LOGIN, total.messages);

	reply.arg[1].number = total.octets;
	s->user = strdup(login->address);
	if (s->user == NULL)
		return answer(s, ftg_reply(FTG_POP_TROUBLE));
	if (s->config->limiter != NULL)
		limiter_logged_in(s->config->limiter, login->address, 1000 * (int64_t)s->config->login_delay);
	s->outlet->log(s->outlet, "login", "user", login->name, "mechanism", login->method, NULL);
	s->outlet->wish(s->outlet, LANGUAGE_OF_ACCOUNT, login->language);
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
		pop3_trouble(s, "maildrop-failed");
		(void)refuse(s, "maildrop", ERR_POP_ACCESS);
		break;
	case MAILDROP_FAILED:
		pop3_trouble(s, "maildrop-failed");
		(void)refuse(s, "maildrop", FTG_POP_TROUBLE);
		break;
	}
	if (s->state != POP3_TRANSACTION)
		pop3_forget(s);
	pop3_wake(s);
}

static struct ftg_reply
open_maildrop(struct pop3_session *s)
{
	s->maildrop = maildrop_new(s->config->folder, &s->login->mailbox, s->config->executor);
	if (s->maildrop == NULL)
		return login_give_up(s, FTG_POP_TROUBLE);
	s->busy = true;
	maildrop_open(s->maildrop, opened, s);
	return answered();
}

/* Nobody is told what is the matter with an account who does not know its password. */
struct ftg_reply
login_conclude(struct pop3_session *s, bool right)
{
	struct login *login = s->login;
	struct limiter *limiter = s->config->limiter;

	if (!right && limiter != NULL && limiter_failed_login(limiter, s->address))
		s->outlet->log(s->outlet, "blacklisted", "cause", ftg_row(login->refusal)->ref, NULL);
	if (!right)
		return refuse(s, login->known ? "wrong-password" : "unknown-user", login->refusal);
	if (login->flags & ACCOUNT_DISABLED)
		return refuse(s, "disabled", ERR_POP_DISABLED);
	if (!(login->flags & ACCOUNT_POP3))
		return refuse(s, "no-privilege", ERR_POP_ACCESSDENIED);
	if (limiter != NULL && limiter_is_too_soon(limiter, login->address))
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
	const char *hash = login->known && login->credentials.hash[0] != '\0' ? login->credentials.hash : NULL;

	login->right = login->session->config->verify(login->password, hash) && hash != NULL;
	explicit_bzero(login->password, sizeof login->password);
}

static void
checked_password(struct job *job)
{
	struct login *login = (struct login *)(void *)job;
	struct pop3_session *s = login->session;

	s->busy = false;
	(void)login_conclude(s, login->right);
	pop3_wake(s);
}

/* A name is good for one password. */
static struct ftg_reply
pass(struct pop3_session *s, char *name, const char *password, size_t len)
{
	if (name == NULL || login_is_barred(s))
		return ftg_reply(ERR_POP_LOGIN);
	if (len > CREDENTIALS_PASSWORD_MAX)
		return ftg_reply(ERR_POP_SYNTAX);
	if (!login_begin(s, "USER", ERR_POP_LOGIN3))
		return ftg_reply(FTG_POP_TROUBLE);
	if (!login_look_up(s, name))
		return login_give_up(s, ERR_POP_LOGIN);
	memcpy(s->login->password, password, len);
	s->login->job = (struct job) { .work = check_password, .done = checked_password };
	s->busy = true;
	s->config->hasher->start(s->config->hasher, &s->login->job);
	return answered();
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

/* The name, then the digest in hexadecimal digits; a name may hold spaces. Whoever has no secret here fails as others do. */
struct ftg_reply
login_apop(struct pop3_session *s, const char *arg, size_t len)
{
	char name[CREDENTIALS_NAME_MAX + 1];
	const char *space = memrchr(arg, ' ', len);
	const char *digest = space != NULL ? space + 1 : NULL;

	if (s->stamp == NULL || digest == NULL || arg + len - digest != APOP_DIGEST ||
	    (size_t)(space - arg) >= sizeof name)
		return ftg_reply(ERR_POP_SYNTAX);
	if (login_is_barred(s))
		return ftg_reply(ERR_POP_LOGIN);
	if (!login_begin(s, "APOP", ERR_POP_LOGIN2))
		return ftg_reply(FTG_POP_TROUBLE);
	snprintf(name, sizeof name, "%.*s", (int)(space - arg), arg);
	if (!login_look_up(s, name))
		return login_give_up(s, ERR_POP_LOGIN);
	const char *secret = s->login->credentials.secret;
	bool right = apop_matches(s->stamp, secret, digest);
	return login_conclude(s, right && secret[0] != '\0');
}
