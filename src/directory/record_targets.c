/* The targets of aliases and lists: each must exist, if its domain is hosted here, and none may lead back. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text/shell_word.h"
#include "base/text/translate.h"
#include "directory/accounts_internal.h"

enum { WORD_SIZE = 1024 }; /* an address, quoted for a shell */

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
	static const char sql[] = "SELECT NOT EXISTS (SELECT 1 FROM domains WHERE name = ?1 AND relayed = 0)"
	                          " OR EXISTS (SELECT 1 FROM domains d JOIN accounts a ON a.domain = d.id"
	                          "  WHERE d.name = ?1 AND a.local = ?2)"
	                          " OR EXISTS (SELECT 1 FROM domains d JOIN aliases l ON l.domain = d.id"
	                          "  WHERE d.name = ?1 AND l.local = ?2)";
	if (strcasecmp(address->local, "postmaster") == 0)
		return ADMIN_OK;
	int64_t there = accounts_number(accounts, sql, "tt", address->domain, key);
	if (there > 0)
		return ADMIN_OK;
	char word[WORD_SIZE];
	shell_word(word, sizeof word, text);
	return there < 0
	    ? ADMIN_FAILED
	    : accounts_set_error(accounts, ADMIN_MISSING,
	          _("%.400s is not an account, alias or list; first run: ftgatectl account add %.400s"), text, word);
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

enum admin_result
targets_check_circles(struct accounts *accounts, const struct record_name *name)
{
	static const char sql[] =
	    "WITH RECURSIVE reach (start, id) AS ("
	    " SELECT t.alias, l.id FROM targets t JOIN domains d ON d.name = t.domain"
	    "  JOIN aliases l ON l.domain = d.id AND l.local = t.local WHERE t.domain = ?1 AND (?2 = '' OR t.local = ?2)"
	    " UNION SELECT reach.start, l.id FROM reach JOIN targets t ON t.alias = reach.id"
	    "  JOIN domains d ON d.name = t.domain JOIN aliases l ON l.domain = d.id AND l.local = t.local)"
	    " SELECT coalesce(l.written, l.local) || '@' || d.name FROM reach JOIN aliases l ON l.id = reach.id"
	    " JOIN domains d ON d.id = l.domain WHERE reach.start = reach.id LIMIT 1";
	const char *local = name->local.stored != NULL ? name->local.stored : "";
	enum admin_result result = ADMIN_OK;
	char shown[ADDRESS_TEXT_SIZE];
	struct sql_rows *row = accounts_query(accounts, sql, "tt", name->address.domain, local);
	enum sql_result stepped = accounts_step(accounts, row);
	if (stepped == SQL_ROW) {
		record_show_address(shown, accounts_text(accounts, row, 0));
		result = accounts_set_error(accounts, ADMIN_REFUSED,
		    _("%.400s leads to itself under the new name; change its targets first"), shown);
	} else if (stepped != SQL_DONE)
		result = accounts_trouble(accounts);
	accounts_finish(accounts, row);
	return result;
}

static enum admin_result
insert(struct accounts *accounts, const char *domain, const struct local_name *local, int64_t alias, const char *text)
{
	enum sql_result result = accounts_run(accounts,
	    "INSERT INTO targets (alias, local, domain, written) VALUES (?, ?, ?, ?)", "ittt", alias, local->stored,
	    domain, local->written);
	if (result == SQL_UNIQUE)
		return accounts_set_error(accounts, ADMIN_EXISTS, _("%.400s already exists"), text);
	return result == SQL_DONE ? ADMIN_OK : ADMIN_FAILED;
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

/* Mail to an alias with no target would be rejected. A list may be filled later. */
enum admin_result
targets_check(struct accounts *accounts, int64_t alias)
{
	int64_t count = accounts_number(accounts, "SELECT count(*) FROM targets WHERE alias = ?", "i", alias);
	if (count == 0)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("an alias leads to one address at least; to be rid of it: ftgatectl alias remove"));
	return count < 0 ? ADMIN_FAILED : ADMIN_OK;
}

/* Calls a function for each line of a text. */
static enum admin_result
each_line(struct accounts *accounts, int64_t alias, const char *text,
    enum admin_result (*call)(struct accounts *accounts, int64_t alias, const char *line))
{
	enum admin_result result = ADMIN_OK;
	char line[ADDRESS_TEXT_SIZE];
	for (const char *end; *text != '\0' && result == ADMIN_OK; text = *end == '\0' ? end : end + 1) {
		end = strchrnul(text, '\n');
		if ((size_t)(end - text) >= sizeof line)
			return accounts_set_error(
			    accounts, ADMIN_UNFIT, _("'%.100s...' is too long to be an address"), text);
		snprintf(line, sizeof line, "%.*s", (int)(end - text), text);
		result = call(accounts, alias, line);
	}
	return result;
}

static enum admin_result
put_target(struct accounts *accounts, int64_t alias, const char *text)
{
	struct address address;
	struct local_name local;
	enum admin_result result = read_target(accounts, &address, &local, text);
	if (result == ADMIN_OK)
		result = check_circle(accounts, &address, local.stored, alias, text);
	return result == ADMIN_OK ? insert(accounts, address.domain, &local, alias, text) : result;
}

enum admin_result
targets_replace(struct accounts *accounts, int64_t alias, const char *text)
{
	if (accounts_run(accounts, "DELETE FROM main.targets WHERE alias = ?", "i", alias) != SQL_DONE)
		return ADMIN_FAILED;
	return each_line(accounts, alias, text, put_target);
}

/* ADMIN_MISSING without a sentence if the alias has no such target. */
static enum admin_result
find_target(struct accounts *accounts, int64_t alias, const char *text)
{
	static const char sql[] = "SELECT count(*) FROM targets WHERE alias = ? AND local = ? AND domain = ?";
	struct address address;
	struct local_name local;
	enum admin_result result = read_target(accounts, &address, &local, text);
	if (result != ADMIN_OK)
		return result;
	int64_t found = accounts_number(accounts, sql, "itt", alias, local.stored, address.domain);
	if (found < 0)
		return ADMIN_FAILED;
	return found > 0 ? ADMIN_OK : ADMIN_MISSING;
}

enum admin_result
targets_compare(struct accounts *accounts, int64_t alias, const char *text, bool *equal)
{
	int64_t lines = *text != '\0';
	for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	int64_t count = accounts_number(accounts, "SELECT count(*) FROM targets WHERE alias = ?", "i", alias);
	enum admin_result result = count < 0 ? ADMIN_FAILED : each_line(accounts, alias, text, find_target);
	*equal = result == ADMIN_OK && count == lines;
	return result == ADMIN_MISSING ? ADMIN_OK : result;
}

enum admin_result
targets_dangling(struct accounts *accounts, dangling_fn *each, void *context)
{
	static const char sql[] =
	    "SELECT coalesce(l.written, l.local) || '@' || d.name, coalesce(t.written, t.local) || '@' || t.domain"
	    " FROM targets t JOIN domains e ON e.name = t.domain AND e.relayed = 0 JOIN aliases l ON l.id = t.alias"
	    " JOIN domains d ON d.id = l.domain WHERE t.local <> 'postmaster'"
	    " AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.domain = e.id AND a.local = t.local)"
	    " AND NOT EXISTS (SELECT 1 FROM aliases m WHERE m.domain = e.id AND m.local = t.local)"
	    " ORDER BY d.name, l.local, t.domain, t.local";
	struct sql_rows *row = accounts_query(accounts, sql, "");
	char alias[ADDRESS_TEXT_SIZE], target[ADDRESS_TEXT_SIZE];
	enum sql_result result;
	while ((result = accounts_step(accounts, row)) == SQL_ROW) {
		record_show_address(alias, accounts_text(accounts, row, 0));
		record_show_address(target, accounts_text(accounts, row, 1));
		each(context, alias, target);
	}
	enum admin_result ended = result == SQL_DONE ? ADMIN_OK : accounts_trouble(accounts);
	accounts_finish(accounts, row);
	return ended;
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
	        alias, local.stored, address.domain) != SQL_DONE)
		return ADMIN_FAILED;
	if (accounts->sql->ops->changes(accounts->sql) == 0)
		return accounts_set_error(accounts, ADMIN_MISSING, _("%.400s is not there"), text);
	return ADMIN_OK;
}

/* Reports what leads to an address, as row has it, and the command that ends it: an alias has one target at least. */
static enum admin_result
refuse_used(struct accounts *accounts, struct sql_rows *row)
{
	const char *kind = accounts_text(accounts, row, 0);
	char name[ADDRESS_TEXT_SIZE], target[ADDRESS_TEXT_SIZE];
	char first[WORD_SIZE], second[WORD_SIZE], command[3 * WORD_SIZE];
	bool is_last = strcmp(kind, "alias") == 0 && accounts_int(accounts, row, 3) == 1;
	record_show_address(name, accounts_text(accounts, row, 1));
	record_show_address(target, accounts_text(accounts, row, 2));
	shell_word(first, sizeof first, name);
	shell_word(second, sizeof second, target);
	if (is_last)
		snprintf(command, sizeof command, "alias remove %s", first);
	else
		snprintf(command, sizeof command, "%s set %s remove=%s", kind, first, second);
	/* TRANSLATORS: two addresses, and a command. */
	return accounts_set_error(
	    accounts, ADMIN_REFUSED, _("%s leads to %s; first run: ftgatectl %s"), name, target, command);
}

enum admin_result
target_check_unused(struct accounts *accounts, const struct record_name *name)
{
	static const char sql[] = "SELECT l.kind, coalesce(l.written, l.local) || '@' || d.name,"
	                          " coalesce(t.written, t.local) || '@' || t.domain,"
	                          " (SELECT count(*) FROM targets o WHERE o.alias = t.alias)"
	                          " FROM targets t JOIN aliases l ON l.id = t.alias JOIN domains d ON d.id = l.domain"
	                          " WHERE t.domain = ?1 AND (?2 = '' OR t.local = ?2) LIMIT 1";
	enum admin_result told = ADMIN_OK;
	const char *local = name->local.stored != NULL ? name->local.stored : "";
	struct sql_rows *row = accounts_query(accounts, sql, "tt", name->address.domain, local);
	enum sql_result result = accounts_step(accounts, row);
	if (result == SQL_ROW)
		told = refuse_used(accounts, row);
	else if (result != SQL_DONE)
		told = accounts_trouble(accounts);
	accounts_finish(accounts, row);
	return told;
}
