/* Reads the records of a database of SQLite, as the answers to questions need them. */
#include "directory/sqlite/lookup.h"

#include <string.h>

#include "directory/sqlite/account.h"

static struct reader *
reader_of(struct lookup *lookup)
{
	return ((struct sqlite_lookup *)lookup)->reader;
}

static enum directory_verdict
account(struct lookup *lookup, const char *domain, const char *key, bool secrets, struct account *account)
{
	return sqlite_account_find(reader_of(lookup), domain, key, secrets, account);
}

/* The verdict of a query that finds a row, or none. */
static enum directory_verdict
found_or(enum directory_verdict none, int result)
{
	if (result == SQLITE_DONE)
		return none;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static enum directory_verdict
alias(struct lookup *lookup, const char *domain, const char *key, struct alias *alias)
{
	struct reader *reader = reader_of(lookup);
	int result = reader_ask(reader, QUERY_ALIAS, domain, key);
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, QUERY_ALIAS);
		alias->number = sqlite3_column_int64(row, 0);
		sqlite_copy(alias->local, sizeof alias->local, row, 1);
		alias->list = sqlite3_column_int(row, 2) != 0;
		alias->right = lookup_expansion_right((const char *)sqlite3_column_text(row, 3));
		alias->post = lookup_posting_right((const char *)sqlite3_column_text(row, 4));
	}
	reader_done(reader, QUERY_ALIAS);
	return found_or(DIRECTORY_NO_MAILBOX, result);
}

static enum directory_verdict
domain(struct lookup *lookup, const char *name, struct domain *domain)
{
	return sqlite_domain_find(reader_of(lookup), name, domain);
}

static enum directory_verdict
mailbox(struct lookup *lookup, const char *domain, struct mailbox *mailbox)
{
	struct reader *reader = reader_of(lookup);
	*mailbox = (struct mailbox) { .account = 0 };
	int result = reader_ask(reader, QUERY_DOMAIN_MAILBOX, domain, NULL);
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, QUERY_DOMAIN_MAILBOX);
		mailbox->quota.bytes = sqlite3_column_int64(row, 0);
		mailbox->quota.messages = sqlite3_column_int64(row, 1);
		sqlite_copy(mailbox->store, sizeof mailbox->store, row, 2);
	}
	reader_done(reader, QUERY_DOMAIN_MAILBOX);
	return found_or(DIRECTORY_NO_DOMAIN, result);
}

static enum directory_verdict
bare(struct lookup *lookup, const char *key, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	struct reader *reader = reader_of(lookup);
	int result = reader_ask(reader, QUERY_BARE, key, NULL);
	bool found = result == SQLITE_ROW;
	if (found) {
		sqlite_copy(domain, ADDRESS_DOMAIN_MAX + 1, reader_query(reader, QUERY_BARE), 0);
		result = reader_step(reader, QUERY_BARE);
	}
	reader_done(reader, QUERY_BARE);
	if (result == SQLITE_ROW)
		return DIRECTORY_AMBIGUOUS;
	if (result != SQLITE_DONE)
		return DIRECTORY_FAILED;
	return found ? DIRECTORY_FOUND : DIRECTORY_NO_MAILBOX;
}

static enum directory_verdict
first_domain(struct lookup *lookup, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	struct reader *reader = reader_of(lookup);
	int result = reader_ask(reader, QUERY_FIRST_DOMAIN, NULL, NULL);
	if (result == SQLITE_ROW)
		sqlite_copy(domain, ADDRESS_DOMAIN_MAX + 1, reader_query(reader, QUERY_FIRST_DOMAIN), 0);
	reader_done(reader, QUERY_FIRST_DOMAIN);
	return found_or(DIRECTORY_FOUND, result);
}

static enum directory_verdict
last_account(struct lookup *lookup, int64_t *number)
{
	struct reader *reader = reader_of(lookup);
	int result = reader_ask(reader, QUERY_LAST_ACCOUNT, NULL, NULL);
	if (result == SQLITE_ROW)
		*number = sqlite3_column_int64(reader_query(reader, QUERY_LAST_ACCOUNT), 0);
	reader_done(reader, QUERY_LAST_ACCOUNT);
	return found_or(DIRECTORY_FAILED, result);
}

static enum directory_verdict
domain_of_account(struct lookup *lookup, int64_t account, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	struct reader *reader = reader_of(lookup);
	sqlite3_stmt *statement = reader_query(reader, QUERY_ANY_DOMAIN);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, account);
	int result = reader_step(reader, QUERY_ANY_DOMAIN);
	if (result == SQLITE_ROW)
		sqlite_copy(domain, ADDRESS_DOMAIN_MAX + 1, statement, 0);
	reader_done(reader, QUERY_ANY_DOMAIN);
	return found_or(DIRECTORY_NO_DOMAIN, result);
}

/* A query about a number, a domain and a local part. */
static enum directory_verdict
ask_address(struct reader *reader, enum query query, int64_t number, const char *domain, const char *key)
{
	sqlite3_stmt *statement = reader_query(reader, query);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, number);
	sqlite3_bind_text(statement, 2, domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, key, -1, SQLITE_STATIC);
	int result = reader_step(reader, query);
	reader_done(reader, query);
	return found_or(DIRECTORY_NO_MAILBOX, result);
}

static enum directory_verdict
member(struct lookup *lookup, int64_t list, const char *domain, const char *key)
{
	return ask_address(reader_of(lookup), QUERY_MEMBER, list, domain, key);
}

static enum directory_verdict
owner(struct lookup *lookup, int64_t account, const char *domain, const char *key)
{
	return ask_address(reader_of(lookup), QUERY_OWNS, account, domain, key);
}

static const char *
text_of(sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	return text != NULL ? text : "";
}

static enum directory_verdict
targets(struct lookup *lookup, int64_t alias, target_fn *each, void *context)
{
	int result = SQLITE_NOMEM;
	struct reader *reader = reader_of(lookup);
	sqlite3_stmt *row = reader_query(reader, QUERY_TARGETS);
	if (row == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(row, 1, alias);
	while ((result = reader_step(reader, QUERY_TARGETS)) == SQLITE_ROW)
		if (!each(context, text_of(row, 0), text_of(row, 1)))
			break;
	reader_done(reader, QUERY_TARGETS);
	if (result == SQLITE_ROW)
		return DIRECTORY_NO_MAILBOX;
	return result == SQLITE_DONE ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static enum directory_verdict
any_network(struct lookup *lookup)
{
	struct reader *reader = reader_of(lookup);
	int result = reader_ask(reader, QUERY_NETWORKS, NULL, NULL);
	reader_done(reader, QUERY_NETWORKS);
	return found_or(DIRECTORY_NO_MAILBOX, result);
}

/* The row of a query about entries, which there always is. */
static enum directory_verdict
read_access(struct reader *reader, enum query query, int result, struct access_row *access)
{
	*access = (struct access_row) { .kinds = 0 };
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, query);
		access->kinds = (unsigned)sqlite3_column_int(row, 0);
		sqlite_copy(access->text, sizeof access->text, row, 1);
	}
	reader_done(reader, query);
	return found_or(DIRECTORY_FAILED, result);
}

static enum directory_verdict
network(struct lookup *lookup, const struct network *network, struct access_row *row)
{
	struct reader *reader = reader_of(lookup);
	sqlite3_stmt *statement = reader_query(reader, QUERY_NETWORK);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_blob(statement, 1, network->octets, NETWORK_OCTETS, SQLITE_STATIC);
	sqlite3_bind_int(statement, 2, (int)network->bits);
	return read_access(reader, QUERY_NETWORK, reader_step(reader, QUERY_NETWORK), row);
}

static enum directory_verdict
sender(struct lookup *lookup, const char *sender, struct access_row *row)
{
	struct reader *reader = reader_of(lookup);
	return read_access(reader, QUERY_SENDER, reader_ask(reader, QUERY_SENDER, sender, NULL), row);
}

static const char *
trouble(const struct lookup *lookup)
{
	return reader_trouble(((const struct sqlite_lookup *)lookup)->reader);
}

static const struct lookup_ops ops = {
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

void
sqlite_lookup_open(struct sqlite_lookup *lookup, struct reader *reader, const struct directory_settings *settings)
{
	*lookup = (struct sqlite_lookup) { .lookup = { .ops = &ops, .settings = settings }, .reader = reader };
}
