/* Reads records from what is known for a question. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "directory/postgres/facts.h"

static struct facts *
facts_of(struct lookup *lookup)
{
	return (struct facts *)lookup;
}

/* The text of a column; NULL if it is null. */
static const char *
text(const struct facts *facts, const struct fact *fact, int row, int column)
{
	if (facts->libpq->PQgetisnull(fact->result, row, column))
		return NULL;
	return facts->libpq->PQgetvalue(fact->result, row, column);
}

static void
copy(char *to, size_t size, const struct facts *facts, const struct fact *fact, int column)
{
	const char *value = text(facts, fact, fact->row, column);
	snprintf(to, size, "%s", value != NULL ? value : "");
}

static int64_t
number(const struct facts *facts, const struct fact *fact, int column)
{
	const char *value = text(facts, fact, fact->row, column);
	return value != NULL ? strtoll(value, NULL, 10) : 0;
}

static void
read_domain(const struct facts *facts, const struct fact *fact, struct domain *domain)
{
	copy(domain->name, sizeof domain->name, facts, fact, NAME_DOMAIN);
	copy(domain->language, sizeof domain->language, facts, fact, NAME_DOMAIN_LANGUAGE);
	domain->max_message_size = number(facts, fact, NAME_MAX_MESSAGE_SIZE);
	domain->greylist = number(facts, fact, NAME_GREYLIST) != 0;
	domain->relayed = number(facts, fact, NAME_RELAYED) != 0;
	domain->neutral = number(facts, fact, NAME_NEUTRAL) != 0;
}

static void
read_account(const struct facts *facts, const struct fact *fact, struct account *account)
{
	account->mailbox.account = number(facts, fact, NAME_ACCOUNT);
	account->mailbox.quota.bytes = number(facts, fact, NAME_BYTES);
	account->mailbox.quota.messages = number(facts, fact, NAME_MESSAGES);
	account->flags = (unsigned)number(facts, fact, NAME_FLAGS);
	copy(account->local, sizeof account->local, facts, fact, NAME_ACCOUNT_LOCAL);
	copy(account->language, sizeof account->language, facts, fact, NAME_LANGUAGE);
	copy(account->mailbox.store, sizeof account->mailbox.store, facts, fact, NAME_STORE);
	copy(account->moved_to, sizeof account->moved_to, facts, fact, NAME_MOVED_TO);
}

static void
read_secrets(const struct facts *facts, const struct fact *fact, struct account *account)
{
	copy(account->password, sizeof account->password, facts, fact, NAME_PASSWORD);
	copy(account->scram_sha256, sizeof account->scram_sha256, facts, fact, NAME_SCRAM_SHA256);
	copy(account->secret, sizeof account->secret, facts, fact, NAME_SECRET);
}

/* An account without a rate of its own has none in the database, too. */
static void
read_rates(const struct facts *facts, const struct fact *fact, struct account_rates *rates)
{
	for (int i = 0; i < ACCOUNT_RATES; i++) {
		int64_t most = number(facts, fact, NAME_RATES + i);
		bool own = text(facts, fact, fact->row, NAME_RATES + i) != NULL;
		rates->most[i] = own && most == 0 ? RATE_UNLIMITED : most;
	}
}

static const struct fact *
find_name(struct facts *facts, const char *domain, const char *key, bool secrets)
{
	char fact_key[FACTS_KEY_SIZE];
	facts_name_key(fact_key, domain, key, secrets);
	return facts_find(facts, secrets ? STATEMENT_LOGINS : STATEMENT_NAMES, fact_key);
}

static bool
has(const struct facts *facts, const struct fact *fact, int column)
{
	return fact->rows > 0 && text(facts, fact, fact->row, column) != NULL;
}

static enum directory_verdict
account(struct lookup *lookup, const char *domain, const char *key, bool secrets, struct account *account)
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = find_name(facts, domain, key, secrets);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (!has(facts, fact, NAME_DOMAIN))
		return DIRECTORY_NO_DOMAIN;
	read_domain(facts, fact, &account->domain);
	if (!has(facts, fact, NAME_ACCOUNT))
		return DIRECTORY_NO_MAILBOX;
	read_account(facts, fact, account);
	if (secrets) {
		read_secrets(facts, fact, account);
		read_rates(facts, fact, &account->rates);
	}
	return mailbox_set_address(&account->mailbox, account->local, account->domain.name) ? DIRECTORY_FOUND
	                                                                                    : DIRECTORY_FAILED;
}

static enum directory_verdict
alias(struct lookup *lookup, const char *domain, const char *key, struct alias *alias)
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = find_name(facts, domain, key, false);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (!has(facts, fact, NAME_ALIAS))
		return DIRECTORY_NO_MAILBOX;
	alias->number = number(facts, fact, NAME_ALIAS);
	copy(alias->local, sizeof alias->local, facts, fact, NAME_ALIAS_LOCAL);
	alias->list = number(facts, fact, NAME_LIST) != 0;
	alias->right = lookup_expansion_right(text(facts, fact, fact->row, NAME_EXPAND));
	alias->post = lookup_posting_right(text(facts, fact, fact->row, NAME_POST));
	return DIRECTORY_FOUND;
}

/* Known with any name of the domain; else asked for with a name that nobody has. */
static const struct fact *
find_domain(struct facts *facts, const char *name)
{
	char key[FACTS_KEY_SIZE];
	bool wanting = facts->wanting;
	snprintf(key, sizeof key, "d%s", name);
	const struct fact *fact = facts_find(facts, STATEMENTS, key);
	if (fact != NULL)
		return fact;
	facts->wanting = wanting;
	return find_name(facts, name, "", false);
}

static enum directory_verdict
domain(struct lookup *lookup, const char *name, struct domain *domain)
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = find_domain(facts, name);
	memset(domain, 0, sizeof *domain);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (!has(facts, fact, NAME_DOMAIN))
		return DIRECTORY_NO_DOMAIN;
	read_domain(facts, fact, domain);
	return DIRECTORY_FOUND;
}

static enum directory_verdict
mailbox(struct lookup *lookup, const char *domain, struct mailbox *mailbox)
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = find_domain(facts, domain);
	*mailbox = (struct mailbox) { .account = 0 };
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (!has(facts, fact, NAME_DOMAIN))
		return DIRECTORY_NO_DOMAIN;
	mailbox->quota.bytes = number(facts, fact, NAME_DOMAIN_BYTES);
	mailbox->quota.messages = number(facts, fact, NAME_DOMAIN_MESSAGES);
	copy(mailbox->store, sizeof mailbox->store, facts, fact, NAME_DOMAIN_STORE);
	return DIRECTORY_FOUND;
}

static enum directory_verdict
bare(struct lookup *lookup, const char *local, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	char key[FACTS_KEY_SIZE];
	struct facts *facts = facts_of(lookup);
	snprintf(key, sizeof key, "b%s", local);
	const struct fact *fact = facts_find(facts, STATEMENT_BARE, key);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (fact->rows == 0)
		return DIRECTORY_NO_MAILBOX;
	copy(domain, ADDRESS_DOMAIN_MAX + 1, facts, fact, 0);
	return fact->rows > 1 ? DIRECTORY_AMBIGUOUS : DIRECTORY_FOUND;
}

static enum directory_verdict
first_domain(struct lookup *lookup, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = facts_find(facts, STATEMENT_FIRST_DOMAIN, "f");
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (fact->rows > 0)
		copy(domain, ADDRESS_DOMAIN_MAX + 1, facts, fact, 0);
	return DIRECTORY_FOUND;
}

static enum directory_verdict
last_account(struct lookup *lookup, int64_t *last)
{
	struct facts *facts = facts_of(lookup);
	const struct fact *fact = facts_find(facts, STATEMENT_LAST_ACCOUNT, "m");
	if (fact == NULL)
		return DIRECTORY_FAILED;
	*last = fact->rows > 0 ? number(facts, fact, 0) : 0;
	return DIRECTORY_FOUND;
}

static enum directory_verdict
domain_of_account(struct lookup *lookup, int64_t account, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	char key[FACTS_KEY_SIZE];
	struct facts *facts = facts_of(lookup);
	snprintf(key, sizeof key, "a%" PRId64, account);
	const struct fact *fact = facts_find(facts, STATEMENT_ANY_DOMAIN, key);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (fact->rows == 0)
		return DIRECTORY_NO_DOMAIN;
	copy(domain, ADDRESS_DOMAIN_MAX + 1, facts, fact, 0);
	return DIRECTORY_FOUND;
}

/* The row of the list says so of the sender of the question; there is no other. */
static enum directory_verdict
member(struct lookup *lookup, int64_t list, const char *domain, const char *local)
{
	char key[FACTS_KEY_SIZE];
	struct facts *facts = facts_of(lookup);
	(void)domain;
	(void)local;
	snprintf(key, sizeof key, "M%" PRId64, list);
	const struct fact *fact = facts_find(facts, STATEMENTS, key);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	return number(facts, fact, NAME_MEMBER) != 0 ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

static enum directory_verdict
owner(struct lookup *lookup, int64_t account, const char *domain, const char *local)
{
	char key[FACTS_KEY_SIZE];
	snprintf(key, sizeof key, "o%" PRId64 FACTS_SEPARATOR "%s" FACTS_SEPARATOR "%s", account, domain, local);
	const struct fact *fact = facts_find(facts_of(lookup), STATEMENT_OWNS, key);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	return fact->rows > 0 ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

static enum directory_verdict
targets(struct lookup *lookup, int64_t alias, target_fn *each, void *context)
{
	char key[FACTS_KEY_SIZE];
	struct facts *facts = facts_of(lookup);
	snprintf(key, sizeof key, "t%" PRId64, alias);
	const struct fact *fact = facts_find(facts, STATEMENT_TARGETS, key);
	if (fact == NULL)
		return DIRECTORY_FAILED;
	for (int row = fact->row; row < fact->row + fact->rows; row++)
		if (!each(context, text(facts, fact, row, fact->column), text(facts, fact, row, fact->column + 1)))
			return DIRECTORY_NO_MAILBOX;
	return DIRECTORY_FOUND;
}

static enum directory_verdict
any_network(struct lookup *lookup)
{
	(void)lookup;
	return DIRECTORY_FOUND;
}

static enum directory_verdict
read_access(const struct facts *facts, const struct fact *fact, struct access_row *row)
{
	*row = (struct access_row) { .kinds = 0 };
	if (fact == NULL)
		return DIRECTORY_FAILED;
	if (fact->rows == 0)
		return DIRECTORY_FOUND;
	row->kinds = (unsigned)number(facts, fact, 1);
	copy(row->text, sizeof row->text, facts, fact, 2);
	return DIRECTORY_FOUND;
}

static enum directory_verdict
network(struct lookup *lookup, const struct network *network, struct access_row *row)
{
	char key[FACTS_KEY_SIZE] = "w\\x";
	size_t len = strlen(key);
	for (size_t i = 0; i < NETWORK_OCTETS; i++)
		len += (size_t)snprintf(key + len, sizeof key - len, "%02x", network->octets[i]);
	snprintf(key + len, sizeof key - len, FACTS_SEPARATOR "%u", network->bits);
	struct facts *facts = facts_of(lookup);
	return read_access(facts, facts_find(facts, STATEMENT_NETWORKS, key), row);
}

static enum directory_verdict
sender(struct lookup *lookup, const char *sender, struct access_row *row)
{
	char key[FACTS_KEY_SIZE];
	struct facts *facts = facts_of(lookup);
	snprintf(key, sizeof key, "s%s", sender);
	return read_access(facts, facts_find(facts, STATEMENT_SENDERS, key), row);
}

static const char *
trouble(const struct lookup *lookup)
{
	return ((const struct facts *)lookup)->trouble;
}

const struct lookup_ops facts_lookup_ops = {
	.account = account,
	.alias = alias,
	.domain = domain,
	.mailbox = mailbox,
	.bare = bare,
	.first_domain = first_domain,
	.last_account = last_account,
	.domain_of_account = domain_of_account,
	.member = member,
	.owner = owner,
	.targets = targets,
	.any_network = any_network,
	.network = network,
	.sender = sender,
	.trouble = trouble,
};
