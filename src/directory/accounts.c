/* Administration of the database of accounts. */
#include "directory/accounts.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"

#include "directory/accounts_internal.h"
#include "directory/sqlite/database.h"
#include "directory/sqlite/sql.h"

static struct accounts *
own(struct admin *admin)
{
	return (struct accounts *)admin;
}

static enum admin_result
list(struct admin *admin, enum record_kind kind, const char *within, record_row_fn *each_row, void *context)
{
	return records_list(own(admin), kind, within, each_row, context);
}

static enum admin_result
show(struct admin *admin, enum record_kind kind, const char *const *name, record_row_fn *each_row, void *context)
{
	return record_show(own(admin), kind, name, each_row, context);
}

static enum admin_result
add(struct admin *admin, enum record_kind kind, const char *const *name, const struct record_change *change)
{
	return record_add(own(admin), kind, name, change);
}

static enum admin_result
set(struct admin *admin, enum record_kind kind, const char *const *name, const struct record_change *change)
{
	return record_set(own(admin), kind, name, change);
}

static enum admin_result
remove_record(struct admin *admin, enum record_kind kind, const char *const *name)
{
	return record_remove(own(admin), kind, name);
}

static enum admin_result
dump(struct admin *admin, enum record_kind kind, const char *const *name, bool secrets, record_row_fn *each_row,
    void *context)
{
	return record_dump(own(admin), kind, name, secrets, each_row, context);
}

static enum admin_result
begin(struct admin *admin, bool rehearsal)
{
	return record_begin_import(own(admin), rehearsal);
}

static enum admin_result
put(struct admin *admin, enum record_kind kind, const struct record_put *record, struct put_result *result)
{
	return record_put(own(admin), kind, record, result);
}

static enum admin_result
end(struct admin *admin, bool commit)
{
	return record_end_import(own(admin), commit);
}

static enum admin_result
rename_record(struct admin *admin, enum record_kind kind, const char *from, const char *to)
{
	return record_rename(own(admin), kind, from, to);
}

static enum admin_result
dangling(struct admin *admin, dangling_fn *each, void *context)
{
	return targets_dangling(own(admin), each, context);
}

static const char *
error_of(const struct admin *admin)
{
	return ((const struct accounts *)admin)->error;
}

static void
close_accounts(struct admin *admin)
{
	own(admin)->sql->ops->close(own(admin)->sql);
	free(admin);
}

static const struct admin_ops ops = {
	.list = list,
	.show = show,
	.add = add,
	.set = set,
	.remove = remove_record,
	.dump = dump,
	.begin = begin,
	.put = put,
	.end = end,
	.rename = rename_record,
	.dangling = dangling,
	.error = error_of,
	.close = close_accounts,
};

/* created is NULL if the database must not be migrated. */
static sqlite3 *
open_database(const char *data, bool *created, char error[ADMIN_ERROR_SIZE])
{
	char path[PATH_MAX], why[DATABASE_ERROR_SIZE];
	snprintf(why, sizeof why, "%s", _("its path is too long"));
	sqlite3 *database = NULL;
	if (snprintf(path, sizeof path, "%s/ftgate.db", data) < (int)sizeof path)
		database = created != NULL ? database_open(path, created, why) : database_open_unmigrated(path, why);
	if (database == NULL)
		snprintf(error, ADMIN_ERROR_SIZE, _("cannot open %.200s/ftgate.db: %s"), data, why);
	return database;
}

struct admin *
accounts_new(struct sql *sql, struct mailbox_store *mailboxes)
{
	struct accounts *accounts = sql == NULL ? NULL : calloc(1, sizeof *accounts);
	if (accounts == NULL)
		return NULL;
	accounts->admin.ops = &ops;
	accounts->mailboxes = mailboxes;
	accounts->sql = sql;
	return &accounts->admin;
}

static struct admin *
open_accounts(const char *data, struct mailbox_store *mailboxes, bool *created, char error[ADMIN_ERROR_SIZE])
{
	sqlite3 *database = open_database(data, created, error);
	if (database == NULL)
		return NULL;
	struct sql *sql = sqlite_sql_new(database);
	struct admin *admin = accounts_new(sql, mailboxes);
	if (admin != NULL) {
		own(admin)->unmigrated = created == NULL;
		return admin;
	}
	if (sql != NULL)
		sql->ops->close(sql);
	else
		sqlite3_close(database);
	snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), strerror(ENOMEM));
	return NULL;
}

struct admin *
accounts_open(const char *data, struct mailbox_store *mailboxes, bool *created, char error[ADMIN_ERROR_SIZE])
{
	return open_accounts(data, mailboxes, created, error);
}

struct admin *
accounts_open_unmigrated(const char *data, struct mailbox_store *mailboxes, char error[ADMIN_ERROR_SIZE])
{
	return open_accounts(data, mailboxes, NULL, error);
}
