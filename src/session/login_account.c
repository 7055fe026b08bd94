/* Finds the account that a client names when it logs in. */
#include "session/login_account.h"

#include <openssl/rand.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "session/password.h"
#include "session/sasl.h"

static void
copy_account(struct login_account *found, const struct account *account)
{
	found->known = true;
	found->flags = account->flags;
	found->rates = account->rates;
	found->mailbox = account->mailbox;
	snprintf(found->address, sizeof found->address, "%s@%s", account->local, account->domain.name);
	snprintf(found->domain, sizeof found->domain, "%s", account->domain.name);
	snprintf(found->language, sizeof found->language, "%s",
	    *account->language != '\0' ? account->language : account->domain.language);
	snprintf(found->credentials.hash, sizeof found->credentials.hash, "%s", account->password);
	snprintf(found->credentials.secret, sizeof found->credentials.secret, "%s", account->secret);
	password_read_scram(&found->credentials.scram, account->scram_sha256);
}

/* The account may not log in by the name that was given, but SCRAM shows its salt, as it does for its full name. */
static bool
copy_salt(struct login_account *found, const struct account *account)
{
	struct scram_verifier *scram = &found->credentials.scram;

	if (!password_read_scram(scram, account->scram_sha256))
		return true;
	return RAND_bytes(scram->stored_key, SCRAM_KEY_SIZE) == 1 && RAND_bytes(scram->server_key, SCRAM_KEY_SIZE) == 1;
}

static void
set_identity(struct login_account *found, const struct account *account, const char *name)
{
	const char *local = *account->local != '\0' ? account->local : name;
	const char *domain = account->domain.name;

	snprintf(found->identity, sizeof found->identity, "%s%s%s", local, *domain != '\0' ? "@" : "", domain);
}

static void
answered(struct directory_question *base)
{
	struct login_question *question = (struct login_question *)(void *)base;
	struct login_account *found = (struct login_account *)(void *)((char *)question -
	    offsetof(struct login_account, question));
	struct account *account = &question->account;
	bool known = base->verdict == DIRECTORY_FOUND, answered = base->verdict != DIRECTORY_FAILED;

	if (known)
		copy_account(found, account);
	else if (answered)
		answered = copy_salt(found, account);
	set_identity(found, account, found->name);
	if (strchr(found->name, '@') != NULL)
		snprintf(found->named, sizeof found->named, "%s", account->domain.name);
	explicit_bzero(account, sizeof *account);
	found->done(found, answered);
}

void
login_account_find(struct login_account *found, struct directory *directory, const struct sasl_server *server,
    const char *name, login_account_done *done)
{
	*found = (struct login_account) { .done = done };
	snprintf(found->name, sizeof found->name, "%s", name);
	found->question = (struct login_question) {
		.base = { .done = answered },
		.name = found->name,
		.choose = server != NULL,
		.number = server != NULL ? sasl_server_number(server, found->name) : 0,
	};
	directory->ops->login(directory, &found->question);
}

const struct credentials *
login_account_credentials(const struct login_account *account)
{
	bool shown = account->known || account->credentials.scram.iterations != 0;
	return shown ? &account->credentials : NULL;
}
