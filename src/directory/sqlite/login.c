/* Finds the account of a user name. */
#include "directory/sqlite/login.h"

#include <errno.h>
#include <string.h>

#include "base/address_key.h"
#include "directory/sqlite/account.h"

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
 * The largest number of an account, as SQLite counts them, is below "end", a power of two. So when accounts are added,
 * few numbers lead to another account than before.
 */
static enum directory_verdict
choose_domain(struct reader *reader, uint64_t number, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	int64_t last = 0, end = 1;
	if (reader_ask(reader, QUERY_LAST_ACCOUNT, NULL, NULL) != SQLITE_ROW)
		return DIRECTORY_FAILED;
	last = sqlite3_column_int64(reader_query(reader, QUERY_LAST_ACCOUNT), 0);
	reader_done(reader, QUERY_LAST_ACCOUNT);
	while (end <= last && end < INT64_MAX / 2)
		end *= 2;
	int64_t chosen = (int64_t)(number % (uint64_t)end);
	if (chosen > last && end > 1)
		chosen = (int64_t)(number % (uint64_t)(end / 2));
	return sqlite_domain_of_account(reader, chosen, domain);
}

/* An account that has the name in the chosen domain shows its salt, and nothing else. */
static enum directory_verdict
disguise(struct reader *reader, struct login_question *question, const struct address *address)
{
	struct account *account = &question->account;
	char domain[ADDRESS_DOMAIN_MAX + 1] = "";
	enum directory_verdict verdict = choose_domain(reader, question->number, domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = sqlite_account_find(reader, domain, address->local, true, account);
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
sqlite_login_find(struct reader *reader, struct login_question *question)
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
		verdict = sqlite_account_domain(reader, address.local, address.domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = sqlite_account_find(reader, address.domain, address.local, true, account);
	if (verdict == DIRECTORY_FOUND || verdict == DIRECTORY_FAILED)
		return verdict;
	memcpy(account->local, address.local, sizeof address.local);
	if (verdict != DIRECTORY_AMBIGUOUS)
		memcpy(account->domain.name, address.domain, sizeof address.domain);
	if (bare && question->choose && account->domain.name[0] == '\0')
		return disguise(reader, question, &address);
	return DIRECTORY_NO_MAILBOX;
}
