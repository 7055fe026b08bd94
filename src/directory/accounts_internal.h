/*
 * Shared by the files of administration. They build on each other in this order: accounts_sql.c, record_fields.c,
 * record_name.c, records.c, record_value.c and record_targets.c, record_change.c, accounts.c.
 */
#ifndef DIRECTORY_ACCOUNTS_INTERNAL_H
#define DIRECTORY_ACCOUNTS_INTERNAL_H

#include <stdarg.h>
#include <stdint.h>

#include "base/address.h"
#include "base/network.h"
#include "directory/accounts.h"
#include "directory/sqlite/database.h"

struct accounts {
	struct admin admin;
	sqlite3 *database;
	struct mailbox_store *mailboxes;
	bool unmigrated; /* names are compared as they are stored */
	char error[ADMIN_ERROR_SIZE];
};

/* Sets the sentence of an error, and returns the result. The other one does so for the database's own error. */
enum admin_result accounts_set_error(struct accounts *accounts, enum admin_result result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
enum admin_result accounts_trouble(struct accounts *accounts);

/*
 * Statements, with a value for each letter of types: t is a text, or NULL; i is an int64_t. A statement, or NULL; the
 * number in the first column of the first row, 0 without a row, -1 on failure; the result of sqlite3_step().
 */
sqlite3_stmt *accounts_query(struct accounts *accounts, const char *sql, const char *types, ...);
int64_t accounts_number(struct accounts *accounts, const char *sql, const char *types, ...);
int accounts_run(struct accounts *accounts, const char *sql, const char *types, ...);

/* How a field is stored. */
struct field_sql {
	const char *expression; /* of its value */
	const char *column;     /* that is set; NULL: none */
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

/*
 * SQL functions for output: ftgate_address(local, domain) and ftgate_shown(domain or address), which have U-labels, and
 * ftgate_network(octets, bits).
 */
void record_functions_add(sqlite3 *database);

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

/* Adds and removes a target of an alias. Refuses to remove a target of aliases, or to leave it without a domain. */
enum admin_result target_add(struct accounts *accounts, int64_t alias, const char *text);
enum admin_result target_remove(struct accounts *accounts, int64_t alias, const char *text);
enum admin_result target_check_unused(struct accounts *accounts, const struct record_name *name);

/* records.c, record_change.c: the operations of struct admin_ops. */
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
