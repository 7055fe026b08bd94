/* Finds the account of a user name. */
#include "directory/login.h"

#include <errno.h>
#include <string.h>

#include "base/address/address_key.h"

/* Replaces the local part by its key, so that the identity of an unknown user is the same in each spelling. */
static bool
compare_by_key(struct address *address)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	bool known = address_key(key, address->local);
	if (known && key[0] != '\0')
		memcpy(address->local, key, sizeof key);
	return known;
}

/*
 * The largest number of an account, as the database counts them, is below "end", a power of two. So when accounts are added,
 * few numbers lead to another account than before.
 */
static enum directory_verdict
choose_domain(struct lookup *lookup, uint64_t number, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	int64_t last = 0, end = 1;
	if (lookup->ops->last_account(lookup, &last) == DIRECTORY_FAILED)
		return DIRECTORY_FAILED;
	while (end <= last && end < INT64_MAX / 2)
		end *= 2;
	int64_t chosen = (int64_t)(number % (uint64_t)end);
	if (chosen > last && end > 1)
		chosen = (int64_t)(number % (uint64_t)(end / 2));
	return lookup->ops->domain_of_account(lookup, chosen, domain);
}

/* An account that has the name in the chosen domain shows its salt, and nothing else. */
static enum directory_verdict
disguise(struct lookup *lookup, struct login_question *question, const struct address *address)
{
	struct account *account = &question->account;
	char domain[ADDRESS_DOMAIN_MAX + 1] = "";
	enum directory_verdict verdict = choose_domain(lookup, question->number, domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = lookup_account(lookup, domain, address->local, true, account);
	if (verdict == DIRECTORY_FAILED)
		return verdict;
	if (verdict != DIRECTORY_FOUND) {
		memcpy(account->local, address->local, sizeof account->local);
		memcpy(account->domain.name, domain, sizeof account->domain.name);
	}
	explicit_bzero(account->password, sizeof account->password);
	explicit_bzero(account->secret, sizeof account->secret);
	return DIRECTORY_NO_MAILBOX;
}

enum directory_verdict
login_find(struct lookup *lookup, struct login_question *question)
{
	struct account *account = &question->account;
	struct address address;
	enum directory_verdict verdict = DIRECTORY_FOUND;
	memset(account, 0, sizeof *account);
	if (!address_split(&address, question->name))
		return errno == ENOMEM ? DIRECTORY_FAILED : DIRECTORY_NO_MAILBOX;
	if (!compare_by_key(&address))
		return DIRECTORY_FAILED;
	bool bare = address.domain[0] == '\0';
	if (bare)
		verdict = lookup_bare(lookup, address.local, address.domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = lookup_account(lookup, address.domain, address.local, true, account);
	if (verdict == DIRECTORY_FOUND || verdict == DIRECTORY_FAILED)
		return verdict;
	memcpy(account->local, address.local, sizeof address.local);
	if (verdict != DIRECTORY_AMBIGUOUS)
		memcpy(account->domain.name, address.domain, sizeof address.domain);
	if (bare && question->choose && account->domain.name[0] == '\0')
		return disguise(lookup, question, &address);
	return DIRECTORY_NO_MAILBOX;
}
