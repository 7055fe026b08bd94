/*
 * Shared by the files of administration. They build on each other in this order: accounts_sql.c, record_fields.c,
 * record_name.c, records.c, record_value.c and record_targets.c, record_change.c, record_put.c and record_rename.c,
 * accounts.c.
 */
#ifndef DIRECTORY_ACCOUNTS_INTERNAL_H
#define DIRECTORY_ACCOUNTS_INTERNAL_H

#include <stdarg.h>
#include <stdint.h>

#include "base/address/address.h"
#include "base/address/network.h"
#include "directory/accounts.h"
#include "directory/sql.h"

struct accounts {
	struct admin admin;
	struct sql *sql;
	bool rehearsal; /* of an import: makes no mailbox */
	struct mailbox_store *mailboxes;
	bool unmigrated; /* names are compared as they are stored */
	char error[ADMIN_ERROR_SIZE];
};

/* The administration of a database, which close() closes with it. NULL when memory is out, or if sql is NULL. */
struct admin *accounts_new(struct sql *sql, struct mailbox_store *mailboxes);

/* Sets the sentence of an error, and returns the result. The other one does so for the database's own error. */
enum admin_result accounts_set_error(struct accounts *accounts, enum admin_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum admin_result accounts_trouble(struct accounts *accounts);

/*
 * Statements, with a value for each letter of types, as struct sql_ops has them. A statement, or NULL, for
 * accounts_finish(); the number in the first column of the first row, 0 without a row, -1 on failure; the result of a step.
 */
struct sql_rows *accounts_query(struct accounts *accounts, const char *sql, const char *types, ...);
int64_t accounts_number(struct accounts *accounts, const char *sql, const char *types, ...);
enum sql_result accounts_run(struct accounts *accounts, const char *sql, const char *types, ...);

/* Runs a statement whose failure changes nothing. */
void accounts_try(struct accounts *accounts, const char *sql);

/* The next row of a statement, which may be NULL: that is SQL_ERROR. */
enum sql_result accounts_step(struct accounts *accounts, struct sql_rows *rows);

/* A column of the row, until the next step: NULL if it is null; 0 then. */
const char *accounts_text(struct accounts *accounts, struct sql_rows *rows, int column);
int64_t accounts_int(struct accounts *accounts, struct sql_rows *rows, int column);

/* Ends the use of a statement, which may be NULL. */
void accounts_finish(struct accounts *accounts, struct sql_rows *rows);

/* How a value is shown to people. */
enum field_form {
	FORM_TEXT,      /* as it is stored */
	FORM_ADDRESS,   /* local-part@domain: quoted if it must be, and with U-labels */
	FORM_ADDRESSES, /* of these, one a line */
	FORM_DOMAIN,    /* of a domain, or of the address of a sender, with U-labels */
	FORM_ACCESS,    /* the same, or a network: "/", its octets in hexadecimal, "/", its bits */
	FORM_TIME,      /* seconds since 1970 */
};

/* How a field is stored. */
struct field_sql {
	const char *expression; /* of its value */
	const char *column;     /* that is set; NULL: none */
	const char *secret; /* expression of a stored form of a password, whose other expression hides it; else NULL */
	enum field_form form;
};

struct record_row {
	const char *table;
	const char *id;
	const char *from;
	const char *own;    /* a condition that only these rows fulfil */
	const char *key;    /* one of them: ?1 and ?2 */
	const char *within; /* those within ?1 */
	const char *order;
	const struct field_sql *fields; /* by the indexes of port/admin.h */
	size_t count;
};
extern const struct record_row record_rows[RECORD_KINDS];

/* What people read in place of a value, for free(): FORM_TEXT is a copy. NULL when memory is out. */
char *record_show_value(enum field_form form, const char *value);

/* Writes an address as it is stored, "local-part@domain", for people. */
void record_show_address(char text[ADDRESS_TEXT_SIZE], const char *stored);

/* The seconds since 1970 of "2025-01-31T12:00:00Z"; -1 for all else. */
int64_t record_parse_time(const char *text);

/* A local part as it is stored: the name of which its key is made, or that name itself. */
struct local_name {
	char key[ADDRESS_LOCAL_MAX + 1];
	const char
	    *stored; /* the column local: key, or the name as it was written, if ASCII case is all that differs */
	const char *written; /* the column written; NULL: the column local says it */
};

/* Sets the name of a local part, which must outlive it. */
enum admin_result record_set_local(struct accounts *accounts, struct local_name *name, const char *local);

/* A record's name as it has been parsed. */
struct record_name {
	const char *text;               /* as it was written, for errors */
	const char *key[2];             /* the parameters of record_row.key: below, or as it was written */
	struct address address;         /* of a domain: its domain alone */
	struct local_name local;        /* unless it is a domain or an entry of an access list */
	char sender[ADDRESS_TEXT_SIZE]; /* access: an address, a domain, a network as it is stored */
	struct network network;
	bool is_network;
};
enum admin_result record_name_parse(
    struct accounts *accounts, struct record_name *name, enum record_kind kind, const char *const *text);

enum admin_result record_check_access(struct accounts *accounts, const char *kind);

/* The number of a record; 0 if it is missing, -1 on failure: the error is set then. */
int64_t record_find(struct accounts *accounts, enum record_kind kind, const struct record_name *name);

/* Parses an address of this server's: local-part@domain. */
enum admin_result record_parse_address(struct accounts *accounts, struct address *address, const char *text);

/* Sets a field of a record. */
enum admin_result record_set_field(
    struct accounts *accounts, enum record_kind kind, int64_t id, const struct record_setting *setting);

/* Does a value fit the field? Sets *number of one that is a number or a flag. id is the record's, or 0. */
enum admin_result record_check_value(
    struct accounts *accounts, enum record_kind kind, int64_t id, size_t index, const char *value, int64_t *number);

/* Stores a value that fits. */
enum admin_result record_store(
    struct accounts *accounts, enum record_kind kind, int64_t id, size_t index, const char *text, int64_t number);

/*
 * Replaces the targets of an alias by those in a text, one a line, and says whether they are these already. They need not
 * exist.
 */
enum admin_result targets_replace(struct accounts *accounts, int64_t alias, const char *text);
enum admin_result targets_compare(struct accounts *accounts, int64_t alias, const char *text, bool *equal);
enum admin_result targets_dangling(struct accounts *accounts, dangling_fn *each, void *context);

/* Refuses a name, or the domain of a name, by which an alias leads to itself. */
enum admin_result targets_check_circles(struct accounts *accounts, const struct record_name *name);

/* Refuses an alias without a target. */
enum admin_result targets_check(struct accounts *accounts, int64_t alias);

/* A statement of all fields, then the number, of the records of this name, or all if name is NULL. */
struct sql_rows *record_select(
    struct accounts *accounts, enum record_kind kind, const struct record_name *name, bool secrets);

/* Adds and removes a target of an alias. Refuses to remove a target of aliases, or to leave it without a domain. */
enum admin_result target_add(struct accounts *accounts, int64_t alias, const char *text);
enum admin_result target_remove(struct accounts *accounts, int64_t alias, const char *text);
enum admin_result target_check_unused(struct accounts *accounts, const struct record_name *name);

/* Begins and ends a transaction: commits it if all is well, or rolls it back and keeps the error. */
enum admin_result record_begin(struct accounts *accounts);
enum admin_result record_end(struct accounts *accounts, enum admin_result result);

/* Inserts a record with its defaults. */
enum admin_result record_insert(struct accounts *accounts, enum record_kind kind, const struct record_name *name);

/* Makes the mailbox of an account, durably or for settle(). */
enum admin_result record_make_mailbox(struct accounts *accounts, const struct record_name *name,
    int (*make)(struct mailbox_store *store, const struct mailbox *mailbox));

/* Refuses an account or a list for all addresses of a domain. */
enum admin_result record_check_name(struct accounts *accounts, enum record_kind kind, const struct record_name *name);

/* record_rename.c: the operation of that name. */
enum admin_result record_rename(struct accounts *accounts, enum record_kind kind, const char *from, const char *to);

/* record_put.c: the operations of an import. */
enum admin_result record_put(
    struct accounts *accounts, enum record_kind kind, const struct record_put *put, struct put_result *result);
enum admin_result record_begin_import(struct accounts *accounts, bool rehearsal);
enum admin_result record_end_import(struct accounts *accounts, bool commit);

/* records.c, record_change.c: the operations of struct admin_ops. */
enum admin_result record_dump(struct accounts *accounts, enum record_kind kind, const char *const *text, bool secrets,
    record_row_fn *each_row, void *context);
enum admin_result records_list(
    struct accounts *accounts, enum record_kind kind, const char *within, record_row_fn *each_row, void *context);
enum admin_result record_show(
    struct accounts *accounts, enum record_kind kind, const char *const *name, record_row_fn *each_row, void *context);
enum admin_result record_add(
    struct accounts *accounts, enum record_kind kind, const char *const *name, const struct record_change *change);
enum admin_result record_set(
    struct accounts *accounts, enum record_kind kind, const char *const *name, const struct record_change *change);
enum admin_result record_remove(struct accounts *accounts, enum record_kind kind, const char *const *name);

#endif
