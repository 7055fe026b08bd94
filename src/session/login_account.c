/* Finds the account that a client names when it logs in. */
#include "session/login_account.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "session/password.h"
#include "session/sasl.h"

static void
copy_account(struct login_account *found, const struct account *account)
{
	found->known = true;
	found->flags = account->flags;
	found->mailbox = account->mailbox;
	snprintf(found->address, sizeof found->address, "%s@%s", account->local, account->domain.name);
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

/*
 * A name without a domain that is unknown, or known in several domains, appears to be in one of the domains. Without
 * that, a name that has the same salt with a domain as without one would be that of an account.
 */
static enum directory_verdict
choose_domain(
    struct login_account *found, struct directory *directory, const struct sasl_server *server, struct account *account)
{
	char name[ADDRESS_MAX + 1];
	struct domain domain;
	uint64_t number = sasl_server_number(server, account->local);
	enum directory_verdict verdict = directory->ops->any_domain(directory, number, &domain);

	if (verdict != DIRECTORY_FOUND)
		return verdict;
	snprintf(name, sizeof name, "%s@%s", account->local, domain.name);
	verdict = directory->ops->account(directory, name, account);
	if (verdict == DIRECTORY_FOUND && !copy_salt(found, account))
		return DIRECTORY_FAILED;
	return verdict;
}

bool
login_account_find(
    struct login_account *found, struct directory *directory, const struct sasl_server *server, const char *name)
{
	struct account account;
	enum directory_verdict verdict = directory->ops->account(directory, name, &account);

	memset(found, 0, sizeof *found);
	if (verdict == DIRECTORY_FOUND)
		copy_account(found, &account);
	else if (verdict != DIRECTORY_FAILED && server != NULL && *account.local != '\0' &&
	    *account.domain.name == '\0')
		verdict = choose_domain(found, directory, server, &account);
	set_identity(found, &account, name);
	explicit_bzero(&account, sizeof account);
	return verdict != DIRECTORY_FAILED;
}

const struct credentials *
login_account_credentials(const struct login_account *account)
{
	bool shown = account->known || account->credentials.scram.iterations != 0;
	return shown ? &account->credentials : NULL;
}
