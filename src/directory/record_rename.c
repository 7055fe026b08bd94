/* Gives records other names, and has what leads to them follow. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"
#include "base/text/translate.h"
#include "directory/accounts_internal.h"

/* A record, and its names. */
struct rename {
	struct accounts *accounts;
	enum record_kind kind;
	int64_t id;
	struct record_name from, to;
};

static enum admin_result
done(enum sql_result result)
{
	return result == SQL_DONE ? ADMIN_OK : ADMIN_FAILED;
}

/* Is the new name the old one in another spelling? */
static bool
is_respelled(const struct rename *r)
{
	return strcmp(r->from.address.domain, r->to.address.domain) == 0 &&
	    (r->kind == RECORD_DOMAIN || strcmp(r->from.local.key, r->to.local.key) == 0);
}

static enum admin_result
exists(const struct rename *r)
{
	return accounts_set_error(
	    r->accounts, ADMIN_EXISTS, _("%.400s already exists, as an account, an alias or a list"), r->to.text);
}

/* The domain of the new address must be one of this server, with room for an account. */
static enum admin_result
check_domain(const struct rename *r)
{
	struct accounts *accounts = r->accounts;
	const char *domain = r->to.address.domain;
	int64_t id = accounts_number(accounts, "SELECT id FROM domains WHERE name = ?", "t", domain);
	int64_t relayed = accounts_number(accounts, "SELECT relayed FROM domains WHERE name = ?", "t", domain);
	int64_t full = accounts_number(accounts,
	    "SELECT d.max_accounts > 0 AND d.max_accounts <= (SELECT count(*) FROM accounts a WHERE a.domain = d.id)"
	    " FROM domains d WHERE d.name = ?",
	    "t", domain);
	if (id < 0 || relayed < 0 || full < 0)
		return ADMIN_FAILED;
	if (id == 0)
		return accounts_set_error(accounts, ADMIN_NO_DOMAIN,
		    _("the domain %s is not hosted here; first run: ftgatectl domain add %s"), domain, domain);
	if (relayed > 0)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("the mail of %s is relayed to another server; first run: ftgatectl domain set %s relay=no"),
		    domain, domain);
	bool arrives = r->kind == RECORD_ACCOUNT && strcmp(domain, r->from.address.domain) != 0;
	if (arrives && full > 0)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("the domain %s has as many accounts as it may; first run: ftgatectl domain set %s max-accounts=NUMBER"),
		    domain, domain);
	return record_check_name(accounts, r->kind, &r->to);
}

static enum admin_result
check_free(const struct rename *r)
{
	static const char sql[] = "SELECT (SELECT count(*) FROM accounts a JOIN domains d ON d.id = a.domain"
	                          "  WHERE d.name = ?1 AND a.local = ?2)"
	                          " + (SELECT count(*) FROM aliases l JOIN domains d ON d.id = l.domain"
	                          "  WHERE d.name = ?1 AND l.local = ?2)";
	if (is_respelled(r))
		return ADMIN_OK;
	int64_t found = accounts_number(r->accounts, sql, "tt", r->to.address.domain, r->to.local.stored);
	if (found < 0)
		return ADMIN_FAILED;
	return found > 0 ? exists(r) : ADMIN_OK;
}

/* Removes targets of aliases that have the new address, too. */
static enum sql_result
drop_doubles(const struct rename *r)
{
	return accounts_run(r->accounts,
	    "DELETE FROM main.targets WHERE domain = ?1 AND local = ?2"
	    " AND alias IN (SELECT o.alias FROM targets o WHERE o.domain = ?3 AND o.local = ?4)",
	    "tttt", r->to.address.domain, r->to.local.stored, r->from.address.domain, r->from.local.stored);
}

/* Writes where an account that has moved to an address leads after the change; false: where it led before. */
static bool
put_new_place(const struct rename *r, const char *moved_to, char text[ADDRESS_TEXT_SIZE])
{
	char from[ADDRESS_TEXT_SIZE];
	struct address old;
	bool leads;
	if (r->kind == RECORD_DOMAIN) {
		const char *at = strrchr(moved_to, '@');
		leads = at != NULL && address_split(&old, moved_to) && strcmp(old.domain, r->from.address.domain) == 0;
		snprintf(text, ADDRESS_TEXT_SIZE, "%.*s@%s", leads ? (int)(at - moved_to) : 0, moved_to,
		    r->to.address.domain);
	} else {
		address_write(from, r->from.address.local, r->from.address.domain);
		leads = address_same(moved_to, from);
		address_write(text, r->to.address.local, r->to.address.domain);
	}
	return leads && strcmp(moved_to, text) != 0;
}

/* An account, and where it has moved to. */
struct moved_account {
	int64_t id;
	char moved_to[ADDRESS_TEXT_SIZE];
};

enum { MOVED_AT_ONCE = 100 }; /* accounts that are read before any is changed */

/* Reads accounts that have moved, by their number, which is greater than a number. Returns how many; -1: it failed. */
static int
read_moved(const struct rename *r, int64_t after, struct moved_account moved[MOVED_AT_ONCE])
{
	static const char sql[] = "SELECT id, moved_to FROM accounts WHERE moved_to IS NOT NULL AND id > ?"
	                          " ORDER BY id LIMIT ?";
	enum sql_result result;
	int count = 0;
	struct sql_rows *row = accounts_query(r->accounts, sql, "ii", after, (int64_t)MOVED_AT_ONCE);
	while ((result = accounts_step(r->accounts, row)) == SQL_ROW && count < MOVED_AT_ONCE) {
		const char *moved_to = accounts_text(r->accounts, row, 1);
		moved[count].id = accounts_int(r->accounts, row, 0);
		snprintf(moved[count++].moved_to, ADDRESS_TEXT_SIZE, "%s",
		    strlen(moved_to) < ADDRESS_TEXT_SIZE ? moved_to : "");
	}
	accounts_finish(r->accounts, row);
	return result == SQL_DONE ? count : -1;
}

/* Accounts that have moved to what has another name now, however that is spelled, have moved to the new name. */
static enum admin_result
move_on(const struct rename *r)
{
	struct moved_account moved[MOVED_AT_ONCE];
	char text[ADDRESS_TEXT_SIZE];
	int64_t last = 0;
	int count;
	while ((count = read_moved(r, last, moved)) > 0) {
		for (int i = 0; i < count; i++)
			if (put_new_place(r, moved[i].moved_to, text) &&
			    accounts_run(r->accounts, "UPDATE accounts SET moved_to = ? WHERE id = ?", "ti", text,
			        moved[i].id) != SQL_DONE)
				return ADMIN_FAILED;
		last = moved[count - 1].id;
	}
	return count == 0 ? ADMIN_OK : ADMIN_FAILED;
}

/* Aliases and lists that lead to the address lead to the new one; so do accounts that have moved to it. */
static enum admin_result
lead_to_new_address(const struct rename *r)
{
	enum sql_result result = is_respelled(r) ? SQL_DONE : drop_doubles(r);
	if (result == SQL_DONE)
		result = accounts_run(r->accounts,
		    "UPDATE targets SET local = ?, written = ?, domain = ? WHERE domain = ? AND local = ?", "ttttt",
		    r->to.local.stored, r->to.local.written, r->to.address.domain, r->from.address.domain,
		    r->from.local.stored);
	return result == SQL_DONE ? move_on(r) : ADMIN_FAILED;
}

static enum admin_result
store_address(const struct rename *r)
{
	const char *sql = r->kind == RECORD_ACCOUNT
	    ? "UPDATE accounts SET domain = (SELECT id FROM domains WHERE name = ?), local = ?, written = ? WHERE id = ?"
	    : "UPDATE aliases SET domain = (SELECT id FROM domains WHERE name = ?), local = ?, written = ? WHERE id = ?";
	enum sql_result result = accounts_run(
	    r->accounts, sql, "ttti", r->to.address.domain, r->to.local.stored, r->to.local.written, r->id);
	if (result == SQL_UNIQUE || result == SQL_RULE)
		return exists(r);
	return done(result);
}

static enum admin_result
store_domain(const struct rename *r)
{
	const char *from = r->from.address.domain, *to = r->to.address.domain;
	enum sql_result result = accounts_run(r->accounts, "UPDATE domains SET name = ? WHERE id = ?", "ti", to, r->id);
	if (result == SQL_UNIQUE)
		return accounts_set_error(r->accounts, ADMIN_EXISTS, _("%.400s already exists"), r->to.text);
	if (result == SQL_DONE && strcmp(from, to) != 0)
		result = accounts_run(r->accounts,
		    "DELETE FROM main.targets WHERE domain = ?1 AND EXISTS"
		    " (SELECT 1 FROM targets o WHERE o.domain = ?2 AND o.alias = targets.alias AND o.local = targets.local)",
		    "tt", to, from);
	if (result == SQL_DONE)
		result = accounts_run(r->accounts, "UPDATE targets SET domain = ? WHERE domain = ?", "tt", to, from);
	return result == SQL_DONE ? move_on(r) : ADMIN_FAILED;
}

/* Is an account's new address where it has moved to? */
static enum admin_result
check_row(const struct rename *r, struct sql_rows *row)
{
	char shown[ADDRESS_TEXT_SIZE];
	const char *address = accounts_text(r->accounts, row, 0), *moved_to = accounts_text(r->accounts, row, 1);
	record_show_address(shown, address);
	if (!address_same(moved_to, address))
		return ADMIN_OK;
	return accounts_set_error(r->accounts, ADMIN_REFUSED,
	    _("%.400s has moved to itself under the new name; change its setting moved-to first"), shown);
}

/* An account may have moved to what is now its own address. */
static enum admin_result
check_moved(const struct rename *r)
{
	static const char sql[] = "SELECT coalesce(a.written, a.local) || '@' || d.name, a.moved_to FROM accounts a"
	                          " JOIN domains d ON d.id = a.domain WHERE d.name = ?1 AND (?2 = '' OR a.local = ?2)"
	                          " AND a.moved_to IS NOT NULL";
	const char *local = r->kind == RECORD_DOMAIN ? "" : r->to.local.stored;
	enum admin_result result = ADMIN_OK;
	enum sql_result stepped;
	struct sql_rows *row = accounts_query(r->accounts, sql, "tt", r->to.address.domain, local);
	while ((stepped = accounts_step(r->accounts, row)) == SQL_ROW && result == ADMIN_OK)
		result = check_row(r, row);
	if (stepped != SQL_ROW && stepped != SQL_DONE)
		result = accounts_trouble(r->accounts);
	accounts_finish(r->accounts, row);
	return result;
}

/*
 * With PostgreSQL, several servers have the accounts, and each can move only its own Maildirs. The next account of the
 * old name would get the mail that was not moved.
 */
static enum admin_result
check_maildirs(const struct rename *r)
{
	static const char sql[] = "SELECT count(*) FROM accounts a JOIN domains d ON d.id = a.domain"
	                          " WHERE (a.id = ?1 OR a.domain = ?2)"
	                          " AND coalesce(a.delivery, d.delivery, ?3) NOT LIKE 'lmtp:%'";
	struct accounts *accounts = r->accounts;
	if (!accounts->sql->stores_keys || (r->kind != RECORD_ACCOUNT && r->kind != RECORD_DOMAIN))
		return ADMIN_OK;
	int64_t found = accounts_number(accounts, sql, "iit", r->kind == RECORD_ACCOUNT ? r->id : 0,
	    r->kind == RECORD_DOMAIN ? r->id : 0, accounts->mailboxes->lmtp ? "lmtp:" : "maildir");
	if (found < 0)
		return ADMIN_FAILED;
	if (found == 0)
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_REFUSED,
	    _("mail of %.400s can be in Maildirs of several servers; add the new name, move the mail on each server, and make"
	      " the old name an alias, or set moved-to"),
	    r->from.text);
}

static enum admin_result
store(const struct rename *r)
{
	if (r->kind == RECORD_DOMAIN)
		return store_domain(r);
	enum admin_result result = check_domain(r);
	if (result == ADMIN_OK)
		result = check_free(r);
	if (result == ADMIN_OK)
		result = store_address(r);
	return result == ADMIN_OK ? lead_to_new_address(r) : result;
}

/* Targets and accounts that led to the new name before it existed lead to the record now. */
static enum admin_result
check_stored(const struct rename *r)
{
	enum admin_result result = targets_check_circles(r->accounts, &r->to);
	return result == ADMIN_OK ? check_moved(r) : result;
}

static int
move_mailbox(struct mailbox_store *store, const struct address *from, const struct address *to)
{
	struct mailbox old = { 0 }, new = { 0 };
	errno = EINVAL;
	if (!mailbox_set_address(&old, from->local, from->domain) || !mailbox_set_address(&new, to->local, to->domain))
		return -1;
	return store->move(store, &old, &new);
}

/* Moves the mail of a record, if it has any. Returns 0, or -1 with errno. */
static int
move_mail(const struct rename *r, const struct record_name *from, const struct record_name *to)
{
	struct mailbox_store *store = r->accounts->mailboxes;
	if (r->kind == RECORD_ACCOUNT)
		return move_mailbox(store, &from->address, &to->address);
	if (r->kind == RECORD_DOMAIN && !is_respelled(r))
		return store->move_domain(store, from->address.domain, to->address.domain);
	return 0;
}

/* The spelling of the name that is stored: a Maildir is named by it. */
static enum admin_result
read_spelling(struct rename *r)
{
	static const char sql[] = "SELECT coalesce(written, local) FROM accounts WHERE id = ?";
	struct sql_rows *row = accounts_query(r->accounts, sql, "i", r->id);
	bool found = accounts_step(r->accounts, row) == SQL_ROW;
	if (found)
		snprintf(r->from.address.local, sizeof r->from.address.local, "%s", accounts_text(r->accounts, row, 0));
	accounts_finish(r->accounts, row);
	return found ? ADMIN_OK : accounts_trouble(r->accounts);
}

/* The mail of a name cannot be moved, with errno. */
static enum admin_result
report_mail(struct accounts *accounts, const char *name)
{
	return accounts_set_error(
	    accounts, ADMIN_FAILED, _("the mail of %.400s cannot be moved: %s"), name, strerror(errno));
}

static enum admin_result
move(const struct rename *r)
{
	if (move_mail(r, &r->from, &r->to) == 0)
		return ADMIN_OK;
	if (errno == EBUSY)
		return accounts_set_error(r->accounts, ADMIN_REFUSED,
		    _("a POP3 session has the mail of %.400s open; try again when it has ended"), r->from.text);
	if (errno == ENOTEMPTY || errno == EEXIST)
		return accounts_set_error(r->accounts, ADMIN_REFUSED,
		    _("there is mail of an earlier %.400s in the folder mail; move it away first"), r->to.text);
	return report_mail(r->accounts, r->from.text);
}

static enum admin_result
parse(struct rename *r, const char *from, const char *to)
{
	enum admin_result result = record_name_parse(r->accounts, &r->from, r->kind, &from);
	return result == ADMIN_OK ? record_name_parse(r->accounts, &r->to, r->kind, &to) : result;
}

enum admin_result
record_rename(struct accounts *accounts, enum record_kind kind, const char *from, const char *to)
{
	struct rename r = { .accounts = accounts, .kind = kind };
	enum admin_result result = parse(&r, from, to);
	if (result != ADMIN_OK || (result = record_begin(accounts)) != ADMIN_OK)
		return result;
	r.id = record_find(accounts, kind, &r.from);
	if (r.id <= 0)
		return record_end(accounts, r.id == 0 ? ADMIN_MISSING : ADMIN_FAILED);
	if (kind == RECORD_ACCOUNT)
		result = read_spelling(&r);
	if (result == ADMIN_OK)
		result = check_maildirs(&r);
	if (result == ADMIN_OK)
		result = store(&r);
	if (result == ADMIN_OK)
		result = check_stored(&r);
	/* A folder is not rolled back with the transaction: it is moved last, and back if the commit fails. */
	if (result == ADMIN_OK)
		result = move(&r);
	bool moved = result == ADMIN_OK;
	result = record_end(accounts, result);
	if (moved && result != ADMIN_OK && move_mail(&r, &r.to, &r.from) < 0)
		return report_mail(accounts, r.to.text);
	return result;
}
