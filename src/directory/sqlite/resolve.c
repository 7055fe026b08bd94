/* Follows aliases and lists to the mailboxes, here and elsewhere, that a recipient comes to. */
#include "directory/sqlite/resolve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "directory/sqlite/account.h"

/* A row of aliases. */
struct alias {
	int64_t number;
	char local[ADDRESS_LOCAL_MAX + 1];
	bool list;
	enum expansion_right right;
	enum posting_right post;
};

void
resolver_free(struct resolver *resolver)
{
	free(resolver->stops);
	free(resolver->mailboxes);
	free(resolver->members);
	free(resolver->elsewhere);
}

/* Room for one more of an array; NULL when memory is out. */
static void *
grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	size_t wanted = *room == 0 ? 1 : 2 * *room;
	void *grown = reallocarray(array, wanted, size);
	if (grown != NULL)
		*room = wanted;
	return grown;
}

/* Tells what an operator has to mend. */
static enum directory_verdict
misconfigured(const struct address *address, const char *detail)
{
	char text[ADDRESS_MAX + 1];
	snprintf(text, sizeof text, "%s@%s", address->local, address->domain);
	log_event("directory-misconfigured", "address", text, "detail", detail, NULL);
	return DIRECTORY_MISCONFIGURED;
}

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

static enum directory_verdict
find_alias(struct reader *reader, const struct address *address, struct alias *alias)
{
	int result = reader_ask(reader, QUERY_ALIAS, address->domain, address->local);
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

/* Reads the targets of an alias into members. */
static enum directory_verdict
read_members(struct resolver *resolver, struct reader *reader, int64_t alias)
{
	int result = SQLITE_NOMEM;
	sqlite3_stmt *row = reader_query(reader, QUERY_TARGETS);
	resolver->member_count = 0;
	if (row == NULL)
		return DIRECTORY_FAILED;
	sqlite3_bind_int64(row, 1, alias);
	while ((result = reader_step(reader, QUERY_TARGETS)) == SQLITE_ROW) {
		void *grown = grow(
		    resolver->members, resolver->member_count, &resolver->member_room, sizeof *resolver->members);
		if (grown == NULL)
			break;
		resolver->members = grown;
		struct address *member = &resolver->members[resolver->member_count++];
		*member = (struct address) { 0 };
		sqlite_copy(member->local, sizeof member->local, row, 0);
		sqlite_copy(member->domain, sizeof member->domain, row, 1);
	}
	reader_done(reader, QUERY_TARGETS);
	return result == SQLITE_DONE ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static bool
add_mailbox(struct resolver *resolver, const struct mailbox *mailbox)
{
	for (size_t i = 0; i < resolver->count; i++)
		if (strcmp(resolver->mailboxes[i].address, mailbox->address) == 0)
			return true;
	void *grown = grow(resolver->mailboxes, resolver->count, &resolver->room, sizeof *mailbox);
	if (grown == NULL)
		return false;
	resolver->mailboxes = grown;
	resolver->mailboxes[resolver->count++] = *mailbox;
	return true;
}

/* Its domain is not hosted here, or is relayed. */
static enum directory_verdict
add_elsewhere(struct resolver *resolver, const struct address *address)
{
	for (size_t i = 0; i < resolver->elsewhere_count; i++)
		if (strcmp(resolver->elsewhere[i].local, address->local) == 0 &&
		    strcmp(resolver->elsewhere[i].domain, address->domain) == 0)
			return DIRECTORY_FOUND;
	void *grown = grow(
	    resolver->elsewhere, resolver->elsewhere_count, &resolver->elsewhere_room, sizeof *resolver->elsewhere);
	if (grown == NULL)
		return DIRECTORY_FAILED;
	resolver->elsewhere = grown;
	resolver->elsewhere[resolver->elsewhere_count++] = *address;
	return DIRECTORY_FOUND;
}

static bool
add_stop(struct resolver *resolver, const struct address *address, size_t parent, unsigned depth)
{
	void *grown = grow(resolver->stops, resolver->stop_count, &resolver->stop_room, sizeof *resolver->stops);
	if (grown == NULL)
		return false;
	resolver->stops = grown;
	resolver->stops[resolver->stop_count++] = (struct stop) {
		.address = *address, .parent = parent, .depth = depth
	};
	return true;
}

/* Has the way to this place led through that alias? */
static bool
is_behind(const struct resolver *resolver, size_t place, int64_t alias)
{
	while (resolver->stops[place].depth > 0) {
		place = resolver->stops[place].parent;
		if (resolver->stops[place].alias == alias)
			return true;
	}
	return false;
}

/* Adds the targets of the alias at a place to what is to be visited. */
static enum directory_verdict
follow(struct resolver *resolver, struct reader *reader, size_t place, int64_t alias)
{
	struct stop *stop = &resolver->stops[place];
	unsigned depth = stop->depth + 1;
	stop->alias = alias;
	if (is_behind(resolver, place, alias))
		return misconfigured(&stop->address, "this alias leads to itself");
	if (depth > DIRECTORY_DEPTH_MAX)
		return misconfigured(&stop->address, "too many aliases lead to each other");
	enum directory_verdict verdict = read_members(resolver, reader, alias);
	if (verdict == DIRECTORY_FOUND && resolver->member_count == 0)
		return misconfigured(&stop->address, "it has no targets");
	if (resolver->stop_count + resolver->member_count > DIRECTORY_TARGETS_MAX)
		return misconfigured(&stop->address, "it comes to too many addresses");
	for (size_t i = 0; verdict == DIRECTORY_FOUND && i < resolver->member_count; i++)
		if (!add_stop(resolver, &resolver->members[i], place, depth))
			verdict = DIRECTORY_FAILED;
	return verdict;
}

static enum directory_verdict
flags_verdict(const struct account *account)
{
	if (account->moved_to[0] != '\0')
		return DIRECTORY_MOVED;
	if (account->flags & ACCOUNT_SPAMTRAP)
		return DIRECTORY_SPAMTRAP;
	if (account->flags & ACCOUNT_DISABLED)
		return DIRECTORY_DISABLED;
	return account->flags & ACCOUNT_RECEIVE ? DIRECTORY_FOUND : DIRECTORY_NO_PRIVILEGE;
}

static enum directory_verdict
visit_account(struct resolver *resolver, const struct account *account, struct recipient *recipient)
{
	enum directory_verdict verdict = flags_verdict(account);
	if (recipient->moved_to[0] == '\0')
		memcpy(recipient->moved_to, account->moved_to, sizeof recipient->moved_to);
	if (verdict == DIRECTORY_FOUND && !add_mailbox(resolver, &account->mailbox))
		return DIRECTORY_FAILED;
	return verdict;
}

/* A hosted domain takes mail to its postmaster with no account for it, too. */
static enum directory_verdict
visit_postmaster(struct resolver *resolver, const struct address *address)
{
	struct mailbox mailbox = { .account = 0 };
	const char *domain = address->domain[0] == '\0' ? "localhost" : address->domain;
	if (!mailbox_set_address(&mailbox, address->local, domain) || !add_mailbox(resolver, &mailbox))
		return DIRECTORY_FAILED;
	return DIRECTORY_FOUND;
}

static void
describe(struct recipient *recipient, const struct account *account, const char *local, enum recipient_kind kind)
{
	recipient->kind = kind;
	recipient->domain = account->domain;
	snprintf(recipient->local, sizeof recipient->local, "%s", local);
	memcpy(recipient->language, account->language, sizeof recipient->language);
}

/* Where the mail of a place goes; of the first place, recipient is told what it is. */
static enum directory_verdict
visit(struct resolver *resolver, struct reader *reader, size_t place, struct recipient *recipient)
{
	const struct address address = resolver->stops[place].address;
	struct account account;
	struct alias alias = { .number = 0 };
	enum directory_verdict verdict = sqlite_account_find(reader, address.domain, address.local, false, &account);
	enum recipient_kind kind = RECIPIENT_ACCOUNT;
	const char *local = address.local;
	bool is_target = resolver->stops[place].depth > 0;
	if (account.domain.relayed || (verdict == DIRECTORY_NO_DOMAIN && is_target)) {
		verdict = add_elsewhere(resolver, &address);
	} else if (verdict == DIRECTORY_FOUND) {
		local = account.local;
		verdict = visit_account(resolver, &account, recipient);
	} else if (verdict == DIRECTORY_NO_MAILBOX) {
		verdict = find_alias(reader, &address, &alias);
		if (verdict == DIRECTORY_FOUND) {
			kind = alias.list ? RECIPIENT_LIST : RECIPIENT_ALIAS;
			local = alias.local;
			if (place == 0 && alias.list)
				recipient->post = alias.post;
			verdict = follow(resolver, reader, place, alias.number);
		}
	}
	bool missing = verdict == DIRECTORY_NO_MAILBOX || (verdict == DIRECTORY_NO_DOMAIN && *address.domain == '\0');
	if (missing && sqlite_account_is_postmaster(address.local))
		verdict = visit_postmaster(resolver, &address);
	if (place == 0)
		describe(recipient, &account, local, kind);
	return verdict;
}

/* A target that is not there is for the operator to mend: the sender has done nothing wrong. */
static enum directory_verdict
target_verdict(const struct stop *stop, enum directory_verdict verdict)
{
	if (stop->depth > 0 && verdict == DIRECTORY_NO_MAILBOX)
		return misconfigured(&stop->address, "an alias leads to this address, which does not exist");
	return verdict;
}

static enum directory_verdict
visit_all(struct resolver *resolver, struct reader *reader, struct recipient *recipient)
{
	enum directory_verdict unfit = DIRECTORY_FOUND;
	for (size_t i = 0; i < resolver->stop_count; i++) {
		enum directory_verdict verdict = visit(resolver, reader, i, recipient);
		if (verdict == DIRECTORY_FAILED || verdict == DIRECTORY_MISCONFIGURED)
			return verdict;
		verdict = target_verdict(&resolver->stops[i], verdict);
		if (unfit == DIRECTORY_FOUND)
			unfit = verdict;
	}
	return resolver->count > 0 || resolver->elsewhere_count > 0 ? DIRECTORY_FOUND : unfit;
}

/* Completes a local part that stands alone. */
static enum directory_verdict
complete(struct reader *reader, const struct address *address, struct address *whole)
{
	*whole = *address;
	if (address->domain[0] != '\0')
		return DIRECTORY_FOUND;
	return sqlite_account_domain(reader, address->local, whole->domain);
}

enum directory_verdict
resolver_resolve(
    struct resolver *resolver, struct reader *reader, const struct address *address, struct recipient *recipient)
{
	struct address whole;
	memset(recipient, 0, sizeof *recipient);
	resolver->stop_count = resolver->count = resolver->elsewhere_count = 0;
	enum directory_verdict verdict = complete(reader, address, &whole);
	if (verdict == DIRECTORY_FOUND && !add_stop(resolver, &whole, 0, 0))
		verdict = DIRECTORY_FAILED;
	if (verdict == DIRECTORY_FOUND)
		verdict = visit_all(resolver, reader, recipient);
	recipient->mailboxes = resolver->mailboxes;
	recipient->count = verdict == DIRECTORY_FOUND ? resolver->count : 0;
	recipient->elsewhere = resolver->elsewhere;
	recipient->elsewhere_count = verdict == DIRECTORY_FOUND ? resolver->elsewhere_count : 0;
	return verdict;
}

enum directory_verdict
resolver_member(struct reader *reader, const struct address *list, const struct address *address)
{
	struct address whole;
	enum directory_verdict verdict = complete(reader, list, &whole);
	sqlite3_stmt *statement = reader_query(reader, QUERY_MEMBER);
	if (verdict != DIRECTORY_FOUND || statement == NULL)
		return verdict != DIRECTORY_FOUND ? verdict : DIRECTORY_FAILED;
	sqlite3_bind_text(statement, 3, address->domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 4, address->local, -1, SQLITE_STATIC);
	int result = reader_ask(reader, QUERY_MEMBER, whole.domain, whole.local);
	reader_done(reader, QUERY_MEMBER);
	if (result == SQLITE_DONE)
		return DIRECTORY_NO_MAILBOX;
	return result == SQLITE_ROW ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

enum directory_verdict
resolver_expand(
    struct resolver *resolver, struct reader *reader, const struct address *address, struct expansion *expansion)
{
	struct address whole;
	struct domain domain;
	struct alias alias = { .number = 0 };
	memset(expansion, 0, sizeof *expansion);
	enum directory_verdict verdict = complete(reader, address, &whole);
	if (verdict == DIRECTORY_FOUND)
		verdict = sqlite_domain_find(reader, whole.domain, &domain);
	if (verdict == DIRECTORY_FOUND)
		verdict = find_alias(reader, &whole, &alias);
	if (verdict == DIRECTORY_FOUND)
		verdict = read_members(resolver, reader, alias.number);
	expansion->right = alias.right;
	expansion->members = resolver->members;
	expansion->count = verdict == DIRECTORY_FOUND ? resolver->member_count : 0;
	return verdict;
}
