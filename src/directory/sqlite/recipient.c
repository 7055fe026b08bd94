/* Looks up the recipient of RCPT and the rights of a sender, by single rows of the database. */
#include "directory/sqlite/recipient.h"

#include <stdio.h>
#include <string.h>

#include "base/address_key.h"
#include "base/ascii.h"
#include "directory/sqlite/access.h"
#include "directory/sqlite/account.h"

static enum expansion_right
expansion_right(const char *text)
{
	if (text != NULL && strcmp(text, "anyone") == 0)
		return EXPANSION_ANYONE;
	return text != NULL && strcmp(text, "accounts") == 0 ? EXPANSION_ACCOUNTS : EXPANSION_NOBODY;
}

static enum posting_right
posting_right(const char *text)
{
	if (text != NULL && strcmp(text, "members") == 0)
		return POSTING_MEMBERS;
	return text != NULL && strcmp(text, "accounts") == 0 ? POSTING_ACCOUNTS : POSTING_ANYONE;
}

enum directory_verdict
sqlite_alias_find(struct reader *reader, const struct address *address, struct alias *alias)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	int result = reader_ask(reader, QUERY_ALIAS, address->domain, key);
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = reader_query(reader, QUERY_ALIAS);
		alias->number = sqlite3_column_int64(row, 0);
		sqlite_copy(alias->local, sizeof alias->local, row, 1);
		alias->list = sqlite3_column_int(row, 2) != 0;
		alias->right = expansion_right((const char *)sqlite3_column_text(row, 3));
		alias->post = posting_right((const char *)sqlite3_column_text(row, 4));
	}
	reader_done(reader, QUERY_ALIAS);
	if (result == SQLITE_DONE)
		return DIRECTORY_NO_MAILBOX;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

enum directory_verdict
sqlite_postmaster_find(struct reader *reader, struct address *address)
{
	struct alias alias = { .number = 0 };
	struct account account;
	const struct address *chosen = &reader_settings(reader)->postmaster;
	if (chosen->domain[0] == '\0')
		return DIRECTORY_NO_MAILBOX;
	enum directory_verdict verdict = sqlite_account_find(reader, chosen->domain, chosen->local, false, &account);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = sqlite_alias_find(reader, chosen, &alias);
	if (verdict == DIRECTORY_FOUND)
		*address = *chosen;
	else if (verdict != DIRECTORY_FAILED)
		reader_note_no_postmaster(reader);
	return verdict == DIRECTORY_NO_DOMAIN ? DIRECTORY_NO_MAILBOX : verdict;
}

/* Is the address that of the server's own postmaster: without a domain, or at the server's name, which is not hosted? */
static enum directory_verdict
is_own_postmaster(struct reader *reader, const struct address *address, bool *own)
{
	struct domain domain;
	*own = address->domain[0] == '\0';
	if (*own || strcmp(address->domain, reader_settings(reader)->hostname) != 0)
		return DIRECTORY_FOUND;
	enum directory_verdict verdict = sqlite_domain_find(reader, address->domain, &domain);
	*own = verdict == DIRECTORY_NO_DOMAIN;
	return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_FOUND;
}

static enum directory_verdict
complete_postmaster(struct reader *reader, const struct address *address, struct address *whole)
{
	bool own;
	enum directory_verdict verdict = is_own_postmaster(reader, address, &own);
	if (verdict != DIRECTORY_FOUND || !own)
		return verdict;
	verdict = sqlite_postmaster_find(reader, whole);
	return verdict == DIRECTORY_NO_MAILBOX ? sqlite_account_domain(reader, whole->local, whole->domain) : verdict;
}

/* Writes the address without its tag. Returns false if it has none, or tags have no meaning. */
static bool
remove_tag(struct reader *reader, const struct address *address, struct address *base)
{
	size_t len = strcspn(address->local, "+");
	if (!reader_settings(reader)->plus_addressing || len == 0 || address->local[len] == '\0')
		return false;
	*base = *address;
	base->local[len] = '\0';
	return true;
}

enum directory_verdict
sqlite_address_complete(struct reader *reader, const struct address *address, struct address *whole)
{
	*whole = *address;
	if (sqlite_account_is_postmaster(address->local))
		return complete_postmaster(reader, address, whole);
	if (address->domain[0] != '\0')
		return DIRECTORY_FOUND;
	struct address base;
	enum directory_verdict verdict = sqlite_account_domain(reader, address->local, whole->domain);
	if (verdict == DIRECTORY_NO_MAILBOX && remove_tag(reader, address, &base))
		verdict = sqlite_account_domain(reader, base.local, whole->domain);
	return verdict;
}

enum directory_verdict
sqlite_account_verdict(const struct account *account)
{
	if (account->moved_to[0] != '\0')
		return DIRECTORY_MOVED;
	if (account->flags & ACCOUNT_SPAMTRAP)
		return DIRECTORY_SPAMTRAP;
	if (account->flags & ACCOUNT_DISABLED)
		return DIRECTORY_DISABLED;
	return account->flags & ACCOUNT_RECEIVE ? DIRECTORY_FOUND : DIRECTORY_NO_PRIVILEGE;
}

enum directory_verdict
sqlite_postmaster_mailbox(struct reader *reader, const struct address *address, struct mailbox *mailbox)
{
	const char *domain = address->domain[0] == '\0' ? "localhost" : address->domain;
	*mailbox = (struct mailbox) { .account = 0 };
	int result = reader_ask(reader, QUERY_DOMAIN_QUOTA, domain, NULL);
	if (result == SQLITE_ROW) {
		mailbox->quota.bytes = sqlite3_column_int64(reader_query(reader, QUERY_DOMAIN_QUOTA), 0);
		mailbox->quota.messages = sqlite3_column_int64(reader_query(reader, QUERY_DOMAIN_QUOTA), 1);
	}
	reader_done(reader, QUERY_DOMAIN_QUOTA);
	bool known = result == SQLITE_ROW || result == SQLITE_DONE;
	return known && mailbox_set_address(mailbox, address->local, domain) ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

/* Is the sender one of the members of a list, as they were added? */
static enum directory_verdict
find_member(struct reader *reader, const struct alias *list, const char *sender, bool *member)
{
	struct address address;
	char key[ADDRESS_LOCAL_MAX + 1];
	*member = false;
	if (address_parse(&address, sender, strlen(sender), true, true) != ADDRESS_OK)
		return DIRECTORY_FOUND;
	if (!address_key(key, address.local))
		return DIRECTORY_FAILED;
	sqlite3_stmt *statement = reader_query(reader, QUERY_MEMBER);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, list->number);
	sqlite3_bind_text(statement, 2, address.domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, key, -1, SQLITE_STATIC);
	int result = reader_step(reader, QUERY_MEMBER);
	*member = result == SQLITE_ROW;
	reader_done(reader, QUERY_MEMBER);
	return result == SQLITE_ROW || result == SQLITE_DONE ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static enum directory_verdict
find_list(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	struct alias alias = { .number = 0 };
	struct recipient *recipient = &question->recipient;
	enum directory_verdict verdict = sqlite_alias_find(reader, address, &alias);
	if (verdict != DIRECTORY_FOUND)
		return verdict;
	recipient->kind = alias.list ? RECIPIENT_LIST : RECIPIENT_ALIAS;
	memcpy(recipient->local, alias.local, sizeof recipient->local);
	recipient->post = alias.list ? alias.post : POSTING_ANYONE;
	if (recipient->post != POSTING_MEMBERS || question->sender == NULL || *question->sender == '\0')
		return DIRECTORY_FOUND;
	return find_member(reader, &alias, question->sender, &recipient->member);
}

static void
describe(struct recipient *recipient, const struct account *account)
{
	recipient->domain = account->domain;
	memcpy(recipient->language, account->language, sizeof recipient->language);
	memcpy(recipient->moved_to, account->moved_to, sizeof recipient->moved_to);
	memcpy(recipient->local, account->local, sizeof recipient->local);
	recipient->mailbox = account->mailbox;
}

/* The account, alias or list of this very name. */
static enum directory_verdict
find_named(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	struct account account;
	struct recipient *recipient = &question->recipient;
	enum directory_verdict verdict = sqlite_account_find(reader, address->domain, address->local, false, &account);
	describe(recipient, &account);
	if (verdict == DIRECTORY_FOUND)
		return sqlite_account_verdict(&account);
	memcpy(recipient->local, address->local, sizeof recipient->local);
	if (account.domain.relayed) {
		recipient->kind = RECIPIENT_RELAYED;
		return DIRECTORY_FOUND;
	}
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_list(reader, address, question);
	return verdict;
}

/* A tag belongs to its writer: an account or an alias gets it, but a list only what is for the whole list. */
static enum directory_verdict
find_untagged(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	struct address base;
	if (!remove_tag(reader, address, &base))
		return DIRECTORY_NO_MAILBOX;
	enum directory_verdict verdict = find_named(reader, &base, question);
	return verdict == DIRECTORY_FOUND && question->recipient.kind == RECIPIENT_LIST ? DIRECTORY_NO_MAILBOX
	                                                                                : verdict;
}

static enum directory_verdict find_whole(
    struct reader *reader, const struct address *address, struct recipient_question *question);

/* A postmaster without an account is the one of the setting; else it has a mailbox all the same. */
static enum directory_verdict
find_postmaster(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	struct address chosen;
	enum directory_verdict verdict = sqlite_postmaster_find(reader, &chosen);
	if (verdict != DIRECTORY_NO_MAILBOX)
		return verdict == DIRECTORY_FOUND ? find_whole(reader, &chosen, question) : verdict;
	return sqlite_postmaster_mailbox(reader, address, &question->recipient.mailbox);
}

/* The postmaster of a list's domain gets the bounces to the list's mail, unless an address of this name has a record. */
static enum directory_verdict
find_bounces(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	static const char suffix[] = DIRECTORY_BOUNCES;
	struct alias list = { .number = 0 };
	struct address base = *address;
	size_t len = strlen(address->local), tail = sizeof suffix - 1;
	if (len <= tail || !ascii_equal(address->local + len - tail, suffix, tail))
		return DIRECTORY_NO_MAILBOX;
	base.local[len - tail] = '\0';
	enum directory_verdict verdict = sqlite_alias_find(reader, &base, &list);
	if (verdict != DIRECTORY_FOUND || !list.list)
		return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_NO_MAILBOX;
	snprintf(base.local, sizeof base.local, "postmaster");
	verdict = find_named(reader, &base, question);
	return verdict == DIRECTORY_NO_MAILBOX ? find_postmaster(reader, &base, question) : verdict;
}

/* The alias of all addresses of a domain that have no record. */
static enum directory_verdict
find_catch_all(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	struct alias alias = { .number = 0 };
	struct recipient *recipient = &question->recipient;
	struct address all = *address;
	memcpy(all.local, DIRECTORY_CATCH_ALL, sizeof DIRECTORY_CATCH_ALL);
	enum directory_verdict verdict = sqlite_alias_find(reader, &all, &alias);
	bool found = verdict == DIRECTORY_FOUND && !alias.list;
	recipient->kind = found ? RECIPIENT_ALIAS : RECIPIENT_ACCOUNT;
	recipient->post = POSTING_ANYONE;
	memcpy(recipient->local, found ? alias.local : address->local, sizeof recipient->local);
	return verdict == DIRECTORY_FOUND && !found ? DIRECTORY_NO_MAILBOX : verdict;
}

static enum directory_verdict
find_whole(struct reader *reader, const struct address *address, struct recipient_question *question)
{
	enum directory_verdict verdict = find_named(reader, address, question);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_untagged(reader, address, question);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = find_bounces(reader, address, question);
	return verdict == DIRECTORY_NO_MAILBOX ? find_catch_all(reader, address, question) : verdict;
}

enum directory_verdict
sqlite_recipient_find(struct reader *reader, struct recipient_question *question)
{
	struct address whole;
	memset(&question->recipient, 0, sizeof question->recipient);
	enum directory_verdict verdict = sqlite_address_complete(reader, &question->address, &whole);
	if (verdict == DIRECTORY_FOUND)
		verdict = find_whole(reader, &whole, question);
	bool missing = verdict == DIRECTORY_NO_MAILBOX || (verdict == DIRECTORY_NO_DOMAIN && whole.domain[0] == '\0');
	return missing && sqlite_account_is_postmaster(whole.local) ? find_postmaster(reader, &whole, question)
	                                                            : verdict;
}

/* A catch-all is for receiving: nobody owns its name, nor one with a tag. */
static enum directory_verdict
find_owner(struct reader *reader, struct sender_question *question, const struct address *address)
{
	char key[ADDRESS_LOCAL_MAX + 1];
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	if (strcmp(key, DIRECTORY_CATCH_ALL) == 0)
		return DIRECTORY_FOUND;
	sqlite3_stmt *statement = reader_query(reader, QUERY_OWNS);
	if (statement == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(statement, 1, question->account);
	sqlite3_bind_text(statement, 2, address->domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 3, key, -1, SQLITE_STATIC);
	int result = reader_step(reader, QUERY_OWNS);
	question->owned = result == SQLITE_ROW;
	reader_done(reader, QUERY_OWNS);
	return result == SQLITE_ROW || result == SQLITE_DONE ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

/* An address with a tag is its account's, unless it is the whole name of another account, alias or list. */
static enum directory_verdict
find_owner_of_tag(struct reader *reader, struct sender_question *question)
{
	struct account account;
	struct alias alias;
	struct address base;
	const struct address *address = &question->address;
	if (question->owned || !remove_tag(reader, address, &base))
		return DIRECTORY_FOUND;
	enum directory_verdict verdict = sqlite_account_find(reader, address->domain, address->local, false, &account);
	if (verdict == DIRECTORY_NO_MAILBOX)
		verdict = sqlite_alias_find(reader, address, &alias);
	if (verdict == DIRECTORY_NO_MAILBOX)
		return find_owner(reader, question, &base);
	return verdict == DIRECTORY_FAILED ? verdict : DIRECTORY_FOUND;
}

enum directory_verdict
sqlite_sender_find(struct reader *reader, struct sender_question *question)
{
	struct domain domain;
	question->owned = false;
	enum directory_verdict verdict = sqlite_access_sender(reader, question);
	enum directory_verdict hosted = sqlite_domain_find(reader, question->address.domain, &domain);
	question->hosted = hosted == DIRECTORY_FOUND;
	if (verdict == DIRECTORY_FOUND && question->account != 0)
		verdict = find_owner(reader, question, &question->address);
	if (verdict == DIRECTORY_FOUND && question->account != 0)
		verdict = find_owner_of_tag(reader, question);
	return hosted == DIRECTORY_FAILED ? DIRECTORY_FAILED : verdict;
}
