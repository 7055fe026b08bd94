/* The directory of a server, from the database of accounts. */
#include "directory/sqlite/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/ascii.h"
#include "directory/sqlite/access.h"
#include "directory/sqlite/account.h"
#include "directory/sqlite/reader.h"
#include "directory/sqlite/resolve.h"

struct sqlite_directory {
	struct directory directory;
	struct reader *reader;
	struct resolver resolver;
};

static struct sqlite_directory *
own(struct directory *directory)
{
	return (struct sqlite_directory *)directory;
}

static enum directory_verdict
resolve(struct directory *directory, const struct address *address, struct recipient *recipient)
{
	return resolver_resolve(&own(directory)->resolver, own(directory)->reader, address, recipient);
}

static enum directory_verdict
expand(struct directory *directory, const struct address *address, struct expansion *expansion)
{
	return resolver_expand(&own(directory)->resolver, own(directory)->reader, address, expansion);
}

static enum directory_verdict
member(struct directory *directory, const struct address *list, const struct address *address)
{
	return resolver_member(own(directory)->reader, list, address);
}

/* A user name is split at its last "@". False where it can be no address. */
static bool
split(const char *name, struct address *address)
{
	const char *at = strrchr(name, '@');
	size_t len = at == NULL ? strlen(name) : (size_t)(at - name);
	*address = (struct address) { 0 };
	if (len == 0 || len > ADDRESS_LOCAL_MAX || (at != NULL && strlen(at + 1) > ADDRESS_DOMAIN_MAX))
		return false;
	memcpy(address->local, name, len);
	for (size_t i = 0; at != NULL && at[1 + i] != '\0'; i++)
		address->domain[i] = ascii_lower(at[1 + i]);
	return at == NULL || address->domain[0] != '\0';
}

static enum directory_verdict
account(struct directory *directory, const char *name, struct account *account)
{
	struct reader *reader = own(directory)->reader;
	struct address address;
	enum directory_verdict verdict = DIRECTORY_FOUND;
	memset(account, 0, sizeof *account);
	if (!split(name, &address))
		return DIRECTORY_NO_MAILBOX;
	if (address.domain[0] == '\0')
		verdict = sqlite_account_domain(reader, address.local, address.domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = sqlite_account_find(reader, address.domain, address.local, true, account);
	if (verdict == DIRECTORY_FOUND || verdict == DIRECTORY_FAILED)
		return verdict;
	memcpy(account->local, address.local, sizeof address.local);
	if (verdict != DIRECTORY_AMBIGUOUS)
		memcpy(account->domain.name, address.domain, sizeof address.domain);
	return DIRECTORY_NO_MAILBOX;
}

/*
 * The largest number of an account, as SQLite counts them, is below "end", a power of two. So when accounts are added,
 * few numbers lead to another account than before.
 */
static enum directory_verdict
any_domain(struct directory *directory, uint64_t number, struct domain *domain)
{
	struct reader *reader = own(directory)->reader;
	int64_t last = 0, end = 1;
	memset(domain, 0, sizeof *domain);
	if (reader_ask(reader, QUERY_LAST_ACCOUNT, NULL, NULL) != SQLITE_ROW)
		return DIRECTORY_FAILED;
	last = sqlite3_column_int64(reader_query(reader, QUERY_LAST_ACCOUNT), 0);
	reader_done(reader, QUERY_LAST_ACCOUNT);
	while (end <= last && end < INT64_MAX / 2)
		end *= 2;
	int64_t chosen = (int64_t)(number % (uint64_t)end);
	if (chosen > last)
		chosen = (int64_t)(number % (uint64_t)(end / 2));
	return sqlite_domain_of_account(reader, chosen, domain->name);
}

static enum directory_verdict
owns(struct directory *directory, int64_t number, const struct address *address)
{
	struct reader *reader = own(directory)->reader;
	sqlite3_stmt *statement = reader_query(reader, QUERY_OWNS);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, number);
	sqlite3_bind_text(statement, 2, address->domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, address->local, -1, SQLITE_STATIC);
	int result = reader_step(reader, QUERY_OWNS);
	reader_done(reader, QUERY_OWNS);
	if (result == SQLITE_DONE)
		return DIRECTORY_NO_MAILBOX;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static enum directory_verdict
domain(struct directory *directory, const char *name, struct domain *domain)
{
	return sqlite_domain_find(own(directory)->reader, name, domain);
}

static enum directory_verdict
client(struct directory *directory, const char *address, unsigned *access)
{
	return sqlite_access_client(own(directory)->reader, address, access);
}

static enum directory_verdict
sender(struct directory *directory, const struct address *address, unsigned *access)
{
	return sqlite_access_sender(own(directory)->reader, address, access);
}

static void
close_directory(struct directory *directory)
{
	resolver_free(&own(directory)->resolver);
	reader_free(own(directory)->reader);
	free(directory);
}

static const struct directory_ops ops = {
	.resolve = resolve,
	.expand = expand,
	.member = member,
	.account = account,
	.any_domain = any_domain,
	.owns = owns,
	.domain = domain,
	.client = client,
	.sender = sender,
	.close = close_directory,
};

struct directory *
sqlite_directory_new(const char *path, struct clock *clock)
{
	struct sqlite_directory *directory = calloc(1, sizeof *directory);
	struct reader *reader = reader_new(path, clock);
	if (directory == NULL || reader == NULL) {
		reader_free(reader);
		free(directory);
		return NULL;
	}
	directory->directory.ops = &ops;
	directory->reader = reader;
	return &directory->directory;
}
