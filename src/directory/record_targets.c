/* The targets of aliases and lists: each must exist, if its domain is hosted here, and none may lead back. */
#include <stdio.h>
#include <strings.h>

#include "base/translate.h"
#include "directory/accounts_internal.h"

/* The aliases that ?1, ?2 (domain, local part) is, or comes to. */
#define REACH                                                                                                          \
	"WITH RECURSIVE reach (id) AS ("                                                                               \
	" SELECT l.id FROM aliases l JOIN domains d ON d.id = l.domain WHERE d.name = ?1 AND l.local = ?2"             \
	" UNION SELECT l.id FROM reach JOIN targets t ON t.alias = reach.id JOIN domains d ON d.name = t.domain"       \
	"  JOIN aliases l ON l.domain = d.id AND l.local = t.local) "

/* Only addresses whose mailbox would be here can be checked. */
static enum admin_result
check_there(struct accounts *accounts, const struct address *address, const char *key, const char *text)
{
	static const char sql[] = "SELECT NOT EXISTS (SELECT 1 FROM domains WHERE name = ?1 AND NOT relayed)"
	                          " OR EXISTS (SELECT 1 FROM domains d JOIN accounts a ON a.domain = d.id"
	                          "  WHERE d.name = ?1 AND a.local = ?2)"
	                          " OR EXISTS (SELECT 1 FROM domains d JOIN aliases l ON l.domain = d.id"
	                          "  WHERE d.name = ?1 AND l.local = ?2)";
	if (strcasecmp(address->local, "postmaster") == 0)
		return ADMIN_OK;
	int64_t there = accounts_number(accounts, sql, "tt", address->domain, key);
	if (there > 0)
		return ADMIN_OK;
	return there < 0
	    ? ADMIN_FAILED
	    : accounts_set_error(accounts, ADMIN_MISSING,
	          _("%.400s is not an account, alias or list; first run: ftgatectl account add %.400s"), text, text);
}

static enum admin_result
check_circle(struct accounts *accounts, const struct address *address, const char *key, int64_t alias, const char *text)
{
	int64_t back = accounts_number(
	    accounts, REACH "SELECT 1 FROM reach WHERE id = ?3", "tti", address->domain, key, alias);
	if (back == 0)
		return ADMIN_OK;
	return back < 0 ? ADMIN_FAILED
	                : accounts_set_error(
	                      accounts, ADMIN_REFUSED, _("%.400s leads back to the address that it is added to"), text);
}

static enum admin_result
insert(struct accounts *accounts, const char *domain, const struct local_name *local, int64_t alias, const char *text)
{
	int result = accounts_run(accounts, "INSERT INTO targets (alias, local, domain, written) VALUES (?, ?, ?, ?)",
	    "ittt", alias, local->stored, domain, local->written);
	if (result == SQLITE_CONSTRAINT_PRIMARYKEY)
		return accounts_set_error(accounts, ADMIN_EXISTS, _("%.400s already exists"), text);
	return result == SQLITE_DONE ? ADMIN_OK : ADMIN_FAILED;
}

static enum admin_result
read_target(struct accounts *accounts, struct address *address, struct local_name *local, const char *text)
{
	enum admin_result result = record_parse_address(accounts, address, text);
	return result == ADMIN_OK ? record_set_local(accounts, local, address->local) : result;
}

enum admin_result
target_add(struct accounts *accounts, int64_t alias, const char *text)
{
	struct address address;
	struct local_name local;
	enum admin_result result = read_target(accounts, &address, &local, text);
	if (result == ADMIN_OK)
		result = check_there(accounts, &address, local.stored, text);
	if (result == ADMIN_OK)
		result = check_circle(accounts, &address, local.stored, alias, text);
	return result == ADMIN_OK ? insert(accounts, address.domain, &local, alias, text) : result;
}

enum admin_result
target_remove(struct accounts *accounts, int64_t alias, const char *text)
{
	struct address address;
	struct local_name local;
	enum admin_result result = read_target(accounts, &address, &local, text);
	if (result != ADMIN_OK)
		return result;
	if (accounts_run(accounts, "DELETE FROM main.targets WHERE alias = ? AND local = ? AND domain = ?", "itt",
	        alias, local.stored, address.domain) != SQLITE_DONE)
		return ADMIN_FAILED;
	if (sqlite3_changes(accounts->database) == 0)
		return accounts_set_error(accounts, ADMIN_MISSING, _("%.400s is not there"), text);
	return ADMIN_OK;
}

enum admin_result
target_check_unused(struct accounts *accounts, const struct record_name *name)
{
	static const char sql[] = "SELECT l.kind, ftgate_address(ifnull(l.written, l.local), d.name),"
	                          " ftgate_address(ifnull(t.written, t.local), t.domain)"
	                          " FROM targets t JOIN aliases l ON l.id = t.alias JOIN domains d ON d.id = l.domain"
	                          " WHERE t.domain = ?1 AND (?2 = '' OR t.local = ?2) LIMIT 1";
	enum admin_result told = ADMIN_OK;
	const char *local = name->local.stored != NULL ? name->local.stored : "";
	sqlite3_stmt *row = accounts_query(accounts, sql, "tt", name->address.domain, local);
	int result = row == NULL ? SQLITE_ERROR : sqlite3_step(row);
	if (result == SQLITE_ROW)
		told = accounts_set_error(accounts, ADMIN_REFUSED,
		    _("%s leads to %s; first run: ftgatectl %s set %s remove=%s"), sqlite3_column_text(row, 1),
		    sqlite3_column_text(row, 2), sqlite3_column_text(row, 0), sqlite3_column_text(row, 1),
		    sqlite3_column_text(row, 2));
	else if (result != SQLITE_DONE)
		told = accounts_trouble(accounts);
	sqlite3_finalize(row);
	return told;
}
