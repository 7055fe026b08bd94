/* Looks up one account in the database. */
#include "directory/sqlite/account.h"

#include <string.h>
#include <strings.h>

#include "base/address_key.h"

void
sqlite_copy(char *copy, size_t size, sqlite3_stmt *row, int column)
{
	const char *text = (const char *)sqlite3_column_text(row, column);
	size_t len = text == NULL ? 0 : strnlen(text, size - 1);
	memcpy(copy, text == NULL ? "" : text, len);
	copy[len] = '\0';
}

static void
read_domain(struct domain *domain, sqlite3_stmt *row)
{
	sqlite_copy(domain->name, sizeof domain->name, row, COLUMN_DOMAIN);
	sqlite_copy(domain->language, sizeof domain->language, row, COLUMN_DOMAIN_LANGUAGE);
	domain->max_message_size = sqlite3_column_int64(row, COLUMN_MAX_MESSAGE_SIZE);
	domain->greylist = sqlite3_column_int(row, COLUMN_GREYLIST) != 0;
	domain->relayed = sqlite3_column_int(row, COLUMN_RELAYED) != 0;
	domain->neutral = sqlite3_column_int(row, COLUMN_NEUTRAL) != 0;
}

static void
read_secrets(struct account *account, sqlite3_stmt *row)
{
	sqlite_copy(account->password, sizeof account->password, row, COLUMN_PASSWORD);
	sqlite_copy(account->scram_sha256, sizeof account->scram_sha256, row, COLUMN_SCRAM_SHA256);
	sqlite_copy(account->secret, sizeof account->secret, row, COLUMN_SECRET);
}

static void
read_account(struct account *account, sqlite3_stmt *row)
{
	account->mailbox.notify = 0;
	account->mailbox.account = sqlite3_column_int64(row, COLUMN_ACCOUNT);
	account->mailbox.quota.bytes = sqlite3_column_int64(row, COLUMN_QUOTA_BYTES);
	account->mailbox.quota.messages = sqlite3_column_int64(row, COLUMN_QUOTA_MESSAGES);
	account->flags = (unsigned)sqlite3_column_int(row, COLUMN_FLAGS);
	sqlite_copy(account->local, sizeof account->local, row, COLUMN_LOCAL);
	sqlite_copy(account->language, sizeof account->language, row, COLUMN_LANGUAGE);
	sqlite_copy(account->moved_to, sizeof account->moved_to, row, COLUMN_MOVED_TO);
}

enum directory_verdict
sqlite_account_find(struct reader *reader, const char *domain, const char *local, bool secrets, struct account *account)
{
	enum directory_verdict verdict = DIRECTORY_FAILED;
	memset(account, 0, sizeof *account);
	enum query query = secrets ? QUERY_LOGIN : QUERY_RECIPIENT;
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, local))
		return DIRECTORY_FAILED;
	int result = reader_ask(reader, query, domain, key);
	if (result == SQLITE_DONE)
		verdict = DIRECTORY_NO_DOMAIN;
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, query);
		read_domain(&account->domain, row);
		verdict = DIRECTORY_NO_MAILBOX;
		if (sqlite3_column_type(row, COLUMN_ACCOUNT) != SQLITE_NULL) {
			read_account(account, row);
			if (secrets)
				read_secrets(account, row);
			verdict = mailbox_set_address(&account->mailbox, account->local, account->domain.name)
			    ? DIRECTORY_FOUND
			    : DIRECTORY_FAILED;
		}
	}
	reader_done(reader, query);
	return verdict;
}

bool
sqlite_account_is_postmaster(const char *local)
{
	return strcasecmp(local, "postmaster") == 0;
}

static enum directory_verdict
find_first_domain(struct reader *reader, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	int result = reader_ask(reader, QUERY_FIRST_DOMAIN, NULL, NULL);
	if (result == SQLITE_ROW)
		sqlite_copy(domain, ADDRESS_DOMAIN_MAX + 1, reader_query(reader, QUERY_FIRST_DOMAIN), 0);
	reader_done(reader, QUERY_FIRST_DOMAIN);
	return result == SQLITE_ROW || result == SQLITE_DONE ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

enum directory_verdict
sqlite_account_domain(struct reader *reader, const char *local, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	domain[0] = '\0';
	if (sqlite_account_is_postmaster(local))
		return find_first_domain(reader, domain);
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, local))
		return DIRECTORY_FAILED;
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

enum directory_verdict
sqlite_domain_of_account(struct reader *reader, int64_t account, char domain[ADDRESS_DOMAIN_MAX + 1])
{
	sqlite3_stmt *statement = reader_query(reader, QUERY_ANY_DOMAIN);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, account);
	int result = reader_step(reader, QUERY_ANY_DOMAIN);
	if (result == SQLITE_ROW)
		sqlite_copy(domain, ADDRESS_DOMAIN_MAX + 1, statement, 0);
	reader_done(reader, QUERY_ANY_DOMAIN);
	if (result == SQLITE_DONE)
		return DIRECTORY_NO_DOMAIN;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

enum directory_verdict
sqlite_domain_find(struct reader *reader, const char *name, struct domain *domain)
{
	memset(domain, 0, sizeof *domain);
	int result = reader_ask(reader, QUERY_DOMAIN, name, NULL);
	if (result == SQLITE_ROW)
		read_domain(domain, reader_query(reader, QUERY_DOMAIN));
	reader_done(reader, QUERY_DOMAIN);
	if (result == SQLITE_DONE)
		return DIRECTORY_NO_DOMAIN;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}
