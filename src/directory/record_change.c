/* Adds, changes and removes records. */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"
#include "port/directory.h"
#include "port/store_name.h"

enum admin_result
record_begin(struct accounts *accounts)
{
	if (accounts_run(accounts, "BEGIN IMMEDIATE", "") == SQL_DONE)
		return ADMIN_OK;
	switch (accounts->sql->ops->trouble(accounts->sql)) {
	case SQL_DENIED: return ADMIN_REFUSED;
	case SQL_READ_ONLY: return ADMIN_READ_ONLY;
	default: return ADMIN_FAILED;
	}
}

enum admin_result
record_end(struct accounts *accounts, enum admin_result result)
{
	if (result == ADMIN_OK && accounts_run(accounts, "COMMIT", "") == SQL_DONE)
		return ADMIN_OK;
	accounts_try(accounts, "ROLLBACK");
	return result == ADMIN_OK ? ADMIN_FAILED : result;
}

/* Converts the result of an insertion; the messages compared are those of the triggers. */
static enum admin_result
insert_result(struct accounts *accounts, enum sql_result result, const struct record_name *name)
{
	const char *why = accounts->sql->ops->why(accounts->sql);
	if (result == SQL_UNIQUE)
		return accounts_set_error(accounts, ADMIN_EXISTS, _("%.400s already exists"), name->text);
	if (result == SQL_RULE && strcmp(why, "domain full") == 0)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("the domain %s has as many accounts as it may; first run: ftgatectl domain set %s max-accounts=NUMBER"),
		    name->address.domain, name->address.domain);
	if (result == SQL_RULE && strcmp(why, "domain relayed") == 0)
		return accounts_set_error(accounts, ADMIN_REFUSED,
		    _("the mail of %s is relayed to another server; first run: ftgatectl domain set %s relay=no"),
		    name->address.domain, name->address.domain);
	if (result == SQL_RULE)
		return accounts_set_error(
		    accounts, ADMIN_EXISTS, _("%.400s already exists, as an account, an alias or a list"), name->text);
	if (result != SQL_DONE)
		return accounts_trouble(accounts);
	if (accounts->sql->ops->changes(accounts->sql) > 0)
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_NO_DOMAIN,
	    _("the domain %s is not hosted here; first run: ftgatectl domain add %s"), name->address.domain,
	    name->address.domain);
}

static int64_t
now(void)
{
	return (int64_t)time(NULL);
}

static struct sql_rows *
insert_access(struct accounts *accounts, const struct record_name *name)
{
	if (!name->is_network)
		return accounts_query(accounts, "INSERT INTO access (kind, sender, created) VALUES (?, ?, ?)", "tti",
		    name->key[0], name->sender, now());
	return accounts_query(accounts, "INSERT INTO access (bits, kind, network, created) VALUES (?, ?, ?, ?)", "itbi",
	    (int64_t)name->network.bits, name->key[0], name->network.octets, now());
}

static struct sql_rows *
insert_statement(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	const char *domain = name->address.domain, *local = name->local.stored, *written = name->local.written;
	switch (kind) {
	case RECORD_DOMAIN:
		return accounts_query(
		    accounts, "INSERT INTO domains (name, created) VALUES (?, ?)", "ti", domain, now());
	case RECORD_ACCOUNT:
		return accounts_query(accounts,
		    "INSERT INTO accounts (domain, local, written, created)"
		    " SELECT id, ?, ?, ? FROM domains WHERE name = ?",
		    "ttit", local, written, now(), domain);
	case RECORD_ACCESS: return insert_access(accounts, name);
	default:
		return accounts_query(accounts,
		    "INSERT INTO aliases (domain, local, written, kind, created)"
		    " SELECT id, ?, ?, ?, ? FROM domains WHERE name = ?",
		    "tttit", local, written, record_noun(kind), now(), domain);
	}
}

/* An account or a list for all addresses of a domain would be another one than the alias that is meant. */
enum admin_result
record_check_name(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	if ((kind != RECORD_ACCOUNT && kind != RECORD_LIST) || strcmp(name->address.local, DIRECTORY_CATCH_ALL) != 0)
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_UNFIT,
	    _("%s is for all other addresses of the domain; make it an alias: ftgatectl alias add '%s' TARGET"),
	    name->text, name->text);
}

enum admin_result
record_insert(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	struct mailbox_store *store = accounts->mailboxes;
	if (record_check_name(accounts, kind, name) != ADMIN_OK)
		return ADMIN_UNFIT;
	if (kind == RECORD_DOMAIN && !accounts->rehearsal && store->free_domain(store, name->address.domain) < 0)
		return accounts_set_error(accounts, ADMIN_FAILED, _("the mailboxes of %.400s cannot be made: %s"),
		    name->text, strerror(errno));
	struct sql_rows *statement = insert_statement(accounts, kind, name);
	enum admin_result result = insert_result(accounts, accounts_step(accounts, statement), name);
	accounts_finish(accounts, statement);
	return result;
}

static enum admin_result
set_password(struct accounts *accounts, int64_t id, const struct record_password *password)
{
	static const char sql[] = "UPDATE accounts SET password = ?, scram_sha256 = ?, secret = ? WHERE id = ?";
	enum sql_result result = accounts_run(
	    accounts, sql, "ttti", password->hash, password->scram_sha256, password->secret, id);
	return result == SQL_DONE ? ADMIN_OK : ADMIN_FAILED;
}

static enum admin_result
set_one(struct accounts *accounts, enum record_kind kind, int64_t id, const struct record_setting *setting)
{
	bool has_targets = kind == RECORD_ALIAS || kind == RECORD_LIST;
	if (has_targets && strcmp(setting->name, "add") == 0)
		return target_add(accounts, id, setting->value);
	if (has_targets && strcmp(setting->name, "remove") == 0)
		return target_remove(accounts, id, setting->value);
	return record_set_field(accounts, kind, id, setting);
}

static enum admin_result
apply(struct accounts *accounts, enum record_kind kind, const struct record_name *name,
    const struct record_change *change)
{
	enum admin_result result = ADMIN_OK;
	int64_t id = record_find(accounts, kind, name);
	if (id <= 0)
		return id == 0 ? ADMIN_MISSING : ADMIN_FAILED;
	for (size_t i = 0; i < change->count && result == ADMIN_OK; i++)
		result = set_one(accounts, kind, id, &change->settings[i]);
	if (result == ADMIN_OK && kind == RECORD_ALIAS)
		result = targets_check(accounts, id);
	if (result == ADMIN_OK && change->password != NULL)
		result = set_password(accounts, id, change->password);
	return result;
}

/* Does the account, or its domain, name a store at another server? The store of the configuration is not known here. */
static bool
is_elsewhere(struct accounts *accounts, const struct record_name *name)
{
	static const char sql[] =
	    "SELECT coalesce(a.delivery, d.delivery) FROM accounts a JOIN domains d ON d.id = a.domain"
	    " WHERE d.name = ? AND a.local = ?";
	struct channel_address address;
	struct sql_rows *row = accounts_query(accounts, sql, "tt", name->address.domain, name->local.stored);
	const char *store = accounts_step(accounts, row) == SQL_ROW ? accounts_text(accounts, row, 0) : NULL;
	bool elsewhere = store != NULL && store_name_parse(store, &address) == STORE_LMTP;
	accounts_finish(accounts, row);
	return elsewhere;
}

/*
 * The mailbox is made before the account is committed: every account for which mail is accepted has one. An account
 * whose store is another server must not have an empty mailbox here.
 */
enum admin_result
record_make_mailbox(struct accounts *accounts, const struct record_name *name,
    int (*make)(struct mailbox_store *store, const struct mailbox *mailbox))
{
	struct mailbox mailbox = { 0 };
	if (is_elsewhere(accounts, name))
		return ADMIN_OK;
	errno = EINVAL;
	if (mailbox_set_address(&mailbox, name->address.local, name->address.domain) &&
	    make(accounts->mailboxes, &mailbox) == 0)
		return ADMIN_OK;
	if (errno == ENODEV)
		return accounts_set_error(accounts, ADMIN_FAILED,
		    _("the mailbox of %.400s cannot be made: there is no file .ftgate in the folder mail; mount its volume, or "
		      "touch the file if this is the folder"),
		    name->text);
	return accounts_set_error(
	    accounts, ADMIN_FAILED, _("the mailbox of %.400s cannot be made: %s"), name->text, strerror(errno));
}

enum admin_result
record_add(
    struct accounts *accounts, enum record_kind kind, const char *const *text, const struct record_change *change)
{
	struct record_name name;
	enum admin_result result = record_name_parse(accounts, &name, kind, text);
	if (result != ADMIN_OK || (result = record_begin(accounts)) != ADMIN_OK)
		return result;
	result = record_insert(accounts, kind, &name);
	if (result == ADMIN_OK)
		result = apply(accounts, kind, &name, change);
	if (result == ADMIN_OK && kind == RECORD_ACCOUNT)
		result = record_make_mailbox(accounts, &name, accounts->mailboxes->make);
	return record_end(accounts, result);
}

enum admin_result
record_set(
    struct accounts *accounts, enum record_kind kind, const char *const *text, const struct record_change *change)
{
	struct record_name name;
	enum admin_result result = record_name_parse(accounts, &name, kind, text);
	if (result != ADMIN_OK || (result = record_begin(accounts)) != ADMIN_OK)
		return result;
	return record_end(accounts, apply(accounts, kind, &name, change));
}

/* The records that must be removed before their domain. */
static enum admin_result
check_empty(struct accounts *accounts, int64_t id, const char *domain)
{
	int64_t held = accounts_number(accounts, "SELECT count(*) FROM accounts WHERE domain = ?", "i", id);
	int64_t led = accounts_number(accounts, "SELECT count(*) FROM aliases WHERE domain = ?", "i", id);
	if (held < 0 || led < 0)
		return ADMIN_FAILED;
	if (held + led == 0)
		return ADMIN_OK;
	return accounts_set_error(accounts, ADMIN_REFUSED,
	    _("%s has accounts (%lld), or aliases and lists (%lld); remove them first; to list them: ftgatectl account list %s"),
	    domain, (long long)held, (long long)led, domain);
}

static enum admin_result
delete(struct accounts *accounts, enum record_kind kind, const struct record_name *name)
{
	static const char *const sql[] = {
		[RECORD_DOMAIN] = "DELETE FROM main.domains WHERE id = ?",
		[RECORD_ACCOUNT] = "DELETE FROM main.accounts WHERE id = ?",
		[RECORD_ALIAS] = "DELETE FROM main.aliases WHERE id = ?",
		[RECORD_LIST] = "DELETE FROM main.aliases WHERE id = ?",
		[RECORD_ACCESS] = "DELETE FROM main.access WHERE id = ?",
	};
	enum admin_result result = ADMIN_OK;
	int64_t id = record_find(accounts, kind, name);
	if (id <= 0)
		return id == 0 ? ADMIN_MISSING : ADMIN_FAILED;
	if (kind == RECORD_DOMAIN)
		result = check_empty(accounts, id, name->address.domain);
	if (result == ADMIN_OK && kind != RECORD_ACCESS)
		result = target_check_unused(accounts, name);
	if (result == ADMIN_OK && accounts_run(accounts, sql[kind], "i", id) != SQL_DONE)
		result = ADMIN_FAILED;
	return result;
}

enum admin_result
record_remove(struct accounts *accounts, enum record_kind kind, const char *const *text)
{
	struct record_name name;
	enum admin_result result = record_name_parse(accounts, &name, kind, text);
	if (result != ADMIN_OK || (result = record_begin(accounts)) != ADMIN_OK)
		return result;
	return record_end(accounts, delete (accounts, kind, &name));
}
