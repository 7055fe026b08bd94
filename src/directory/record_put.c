/* Adds and changes the records of an import: many in a transaction, each of which may exist. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"

enum { SQL_MAX = 128 };

/* A record that is put: as it is stored now, and as it shall be. */
struct put {
	struct accounts *accounts;
	enum record_kind kind;
	const struct record_put *record;
	const struct record_name *name;
	int64_t id;
	bool added;
	struct sql_rows *row; /* all fields as they are stored; NULL: not read */
	struct put_result *result;
};

static enum admin_result
differs(const struct put *put, size_t index, const char *stored)
{
	const struct record_field *field = record_field(put->kind, index);
	if (record_is_secret(put->kind, index) || field->type == FIELD_ADDRESSES)
		/* TRANSLATORS: the name of a record, and of a field: password, members. */
		return accounts_set_error(put->accounts, ADMIN_EXISTS,
		    _("%.400s already exists with another value of %s; to change it: --update"), put->name->text,
		    field->name);
	/* TRANSLATORS: the name of a record, of a field, and its value. */
	return accounts_set_error(put->accounts, ADMIN_EXISTS,
	    _("%.400s already exists with %s=%.100s; to change it: --update"), put->name->text, field->name,
	    stored == NULL ? "" : stored);
}

/* The time at which a record was made belongs to it; of one that exists, it stays. */
static enum admin_result
put_created(const struct put *put, const char *text)
{
	char sql[SQL_MAX];
	int64_t created = *text == '\0' ? 0 : record_parse_time(text);
	if (created < 0)
		return accounts_set_error(put->accounts, ADMIN_UNFIT,
		    _("created=%.100s: write a time such as 2025-01-31T12:00:00Z, or nothing"), text);
	if (!put->added || *text == '\0')
		return ADMIN_OK;
	snprintf(sql, sizeof sql, "UPDATE %s SET created = ? WHERE id = ?", record_rows[put->kind].table);
	return accounts_run(put->accounts, sql, "ii", created, put->id) == SQL_DONE ? ADMIN_OK : ADMIN_FAILED;
}

static enum admin_result
put_targets(const struct put *put, size_t index, const char *text)
{
	bool equal;
	enum admin_result result = targets_compare(put->accounts, put->id, text, &equal);
	if (result != ADMIN_OK || equal)
		return result;
	if (!put->added && !put->record->update)
		return differs(put, index, NULL);
	put->result->outcome = put->added ? PUT_ADDED : PUT_CHANGED;
	return targets_replace(put->accounts, put->id, text);
}

/* Is a value that fits what is stored? */
static bool
is_stored(enum field_type type, const char *text, int64_t number, const char *stored)
{
	if (*text == '\0' || stored == NULL)
		return *text == '\0' && (stored == NULL || *stored == '\0');
	if (type == FIELD_COUNT || type == FIELD_SIZE || type == FIELD_FLAG)
		return strtoll(stored, NULL, 10) == number;
	return strcmp(text, stored) == 0;
}

/* Other forms of a password that has been replaced would still let its old value in. */
static enum admin_result
drop_forms(const struct put *put)
{
	static const size_t forms[] = { RECORD_ACCOUNT_SCRAM_SHA_256, RECORD_ACCOUNT_SECRET };
	enum admin_result result = ADMIN_OK;
	for (size_t i = 0; i < sizeof forms / sizeof *forms && result == ADMIN_OK; i++)
		if (put->record->values[forms[i]] == NULL && !put->added)
			result = record_store(put->accounts, put->kind, put->id, forms[i], "", 0);
	return result;
}

static enum admin_result
put_value(const struct put *put, size_t index, const char *text)
{
	int64_t number = 0;
	bool secret = record_is_secret(put->kind, index);
	enum field_type type = secret ? FIELD_TEXT : record_field(put->kind, index)->type;
	const char *stored = accounts_text(put->accounts, put->row, (int)index);
	if (!secret && record_check_value(put->accounts, put->kind, put->id, index, text, &number) != ADMIN_OK)
		return ADMIN_UNFIT;
	if (is_stored(type, text, number, stored))
		return ADMIN_OK;
	if (!put->added && !put->record->update)
		return differs(put, index, stored);
	put->result->outcome = put->added ? PUT_ADDED : PUT_CHANGED;
	enum admin_result result = record_store(put->accounts, put->kind, put->id, index, text, number);
	return result == ADMIN_OK && secret && index == RECORD_ACCOUNT_PASSWORD ? drop_forms(put) : result;
}

static enum admin_result
put_field(const struct put *put, size_t index)
{
	const struct record_field *field = record_field(put->kind, index);
	const char *text = put->record->values[index];
	put->result->field = index;
	if (field->type == FIELD_ADDRESSES)
		return put_targets(put, index, text);
	if (!field->settable && !record_is_secret(put->kind, index))
		return put_created(put, text);
	return put_value(put, index, text);
}

static enum admin_result
put_fields(const struct put *put)
{
	enum admin_result result = ADMIN_OK;
	for (size_t i = record_names(put->kind); record_field(put->kind, i) != NULL && result == ADMIN_OK; i++)
		if (put->record->values[i] != NULL)
			result = put_field(put, i);
	return result;
}

/* Reads the record, which is inserted if it is missing. */
static enum admin_result
read_record(struct put *put)
{
	for (int times = 0; times < 2; times++) {
		put->row = record_select(put->accounts, put->kind, put->name, true);
		enum sql_result result = accounts_step(put->accounts, put->row);
		if (result == SQL_ROW) {
			put->id = accounts_int(put->accounts, put->row, (int)record_rows[put->kind].count);
			return ADMIN_OK;
		}
		enum admin_result inserted = result == SQL_DONE ? ADMIN_OK : accounts_trouble(put->accounts);
		accounts_finish(put->accounts, put->row);
		put->row = NULL;
		if (inserted == ADMIN_OK && !put->added)
			inserted = record_insert(put->accounts, put->kind, put->name);
		if (inserted != ADMIN_OK)
			return inserted;
		put->added = true;
	}
	return accounts_set_error(put->accounts, ADMIN_FAILED, _("%.400s cannot be found"), put->name->text);
}

static enum admin_result
put_record(struct put *put)
{
	struct accounts *accounts = put->accounts;
	enum admin_result result = read_record(put);
	if (result == ADMIN_OK) {
		put->result->outcome = put->added ? PUT_ADDED : PUT_SAME;
		result = put_fields(put);
	}
	accounts_finish(accounts, put->row);
	if (result == ADMIN_OK && put->kind == RECORD_ALIAS)
		result = targets_check(accounts, put->id);
	if (result == ADMIN_OK && put->kind == RECORD_ACCOUNT && put->added && !accounts->rehearsal)
		result = record_make_mailbox(accounts, put->name, accounts->mailboxes->prepare);
	return result;
}

enum admin_result
record_put(struct accounts *accounts, enum record_kind kind, const struct record_put *record, struct put_result *result)
{
	struct record_name name;
	struct put put = { .accounts = accounts, .kind = kind, .record = record, .name = &name, .result = result };
	*result = (struct put_result) { .outcome = PUT_SAME };
	enum admin_result done = record_name_parse(accounts, &name, kind, record->name);
	if (done != ADMIN_OK)
		return done;
	if (accounts_run(accounts, "SAVEPOINT record", "") != SQL_DONE)
		return ADMIN_FAILED;
	done = put_record(&put);
	if (done != ADMIN_OK)
		accounts_try(accounts, "ROLLBACK TO record");
	if (accounts_run(accounts, "RELEASE record", "") != SQL_DONE && done == ADMIN_OK)
		done = ADMIN_FAILED;
	return done;
}

enum admin_result
record_begin_import(struct accounts *accounts, bool rehearsal)
{
	accounts->rehearsal = rehearsal;
	return record_begin(accounts);
}

enum admin_result
record_end_import(struct accounts *accounts, bool commit)
{
	if (!commit) {
		accounts_try(accounts, "ROLLBACK");
		return ADMIN_OK;
	}
	if (accounts->mailboxes->settle(accounts->mailboxes) == 0)
		return record_end(accounts, ADMIN_OK);
	return record_end(accounts,
	    accounts_set_error(accounts, ADMIN_FAILED, _("the mailboxes cannot be made: %s"), strerror(errno)));
}
