/* Looks up one account in the database. */
#include "directory/sqlite/account.h"

#include <string.h>

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

/* A rate of NULL is the limit of the server, one of 0 is no limit. */
static void
read_rates(struct account_rates *rates, sqlite3_stmt *row)
{
	for (int i = 0; i < ACCOUNT_RATES; i++) {
		bool own = sqlite3_column_type(row, COLUMN_RATES + i) != SQLITE_NULL;
		int64_t most = sqlite3_column_int64(row, COLUMN_RATES + i);
		rates->most[i] = own && most == 0 ? RATE_UNLIMITED : most;
	}
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
	sqlite_copy(account->mailbox.store, sizeof account->mailbox.store, row, COLUMN_STORE);
	sqlite_copy(account->moved_to, sizeof account->moved_to, row, COLUMN_MOVED_TO);
}

enum directory_verdict
sqlite_account_find(struct reader *reader, const char *domain, const char *key, bool secrets, struct account *account)
{
	enum directory_verdict verdict = DIRECTORY_FAILED;
	enum query query = secrets ? QUERY_LOGIN : QUERY_RECIPIENT;
	int result = reader_ask(reader, query, domain, key);
	if (result == SQLITE_DONE)
		verdict = DIRECTORY_NO_DOMAIN;
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, query);
		read_domain(&account->domain, row);
		verdict = DIRECTORY_NO_MAILBOX;
		if (sqlite3_column_type(row, COLUMN_ACCOUNT) != SQLITE_NULL) {
			read_account(account, row);
			if (secrets) {
				read_secrets(account, row);
				read_rates(&account->rates, row);
			}
			verdict = mailbox_set_address(&account->mailbox, account->local, account->domain.name)
			    ? DIRECTORY_FOUND
			    : DIRECTORY_FAILED;
		}
	}
	reader_done(reader, query);
	return verdict;
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
