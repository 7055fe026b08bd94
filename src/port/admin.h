/* Administration of domains, accounts, aliases, lists and access lists: what ftgatectl does. A port: directory/ has it. */
#ifndef PORT_ADMIN_H
#define PORT_ADMIN_H

#include <stdbool.h>
#include <stddef.h>

enum admin_result {
	ADMIN_OK,
	ADMIN_EXISTS,    /* there is a record of this name */
	ADMIN_NO_DOMAIN, /* the domain is not hosted here */
	ADMIN_MISSING,   /* there is no record of this name */
	ADMIN_UNFIT,     /* no name or value can be like this */
	ADMIN_REFUSED,   /* another obstacle: a limit, or other records that depend on it */
	ADMIN_FAILED,    /* the database or the disk has failed */
};

enum { ADMIN_ERROR_SIZE = 1024 };

enum record_kind { RECORD_DOMAIN, RECORD_ACCOUNT, RECORD_ALIAS, RECORD_LIST, RECORD_ACCESS, RECORD_KINDS };

enum field_type {
	FIELD_TEXT,
	FIELD_LANGUAGE,
	FIELD_COUNT,
	FIELD_SIZE, /* octets: 500, 64K, 10M, 1G */
	FIELD_FLAG, /* yes or no; shown as 1 or 0 */
	FIELD_EXPAND,
	FIELD_POST,
	FIELD_RECIPIENTS,
	FIELD_ADDRESS,
	FIELD_ADDRESSES, /* one a line */
};

struct record_field {
	const char *name; /* in settings, and when it is shown */
	enum field_type type;
	bool settable;
	const char *help; /* of a field that is settable */
};

/* A field of a kind by its index; NULL behind the last. The first record_names() fields identify a record. */
const struct record_field *record_field(enum record_kind kind, size_t index);
size_t record_names(enum record_kind kind);

/* The noun of a kind, as ftgatectl has it: "account". */
const char *record_noun(enum record_kind kind);

/* The indexes of the fields of each kind. */
enum domain_field {
#define DOMAIN_FIELD(id, name, type, settable, help) id,
#include "port/records.def"
	RECORD_DOMAIN_FIELDS
};
enum account_field {
#define ACCOUNT_FIELD(id, name, type, settable, help) id,
#include "port/records.def"
	RECORD_ACCOUNT_FIELDS
};
enum alias_field {
#define ALIAS_FIELD(id, name, type, settable, help) id,
#include "port/records.def"
	RECORD_ALIAS_FIELDS
};
enum list_field {
#define LIST_FIELD(id, name, type, settable, help) id,
#include "port/records.def"
	RECORD_LIST_FIELDS
};
enum access_field {
#define ACCESS_FIELD(id, name, type, settable, help) id,
#include "port/records.def"
	RECORD_ACCESS_FIELDS
};

/* A record is shown: the value of each field, NULL if it has none. The values last until the function returns. */
typedef void record_row_fn(void *context, const char *const *values);

/* A change: a field's name and its new value, "" for none. Of aliases and lists, "add" and "remove" an address. */
struct record_setting {
	const char *name;
	const char *value;
};

/* The stored forms of a password; NULL for forms that are not stored. */
struct record_password {
	const char *hash;
	const char *scram_sha256;
	const char *secret;
};

struct record_change {
	const struct record_setting *settings;
	size_t count;
	const struct record_password *password; /* of an account; NULL: unchanged, or none for a new account */
};

struct admin {
	const struct admin_ops *ops;
};

/*
 * The operations block, and are for one thread. name holds as many texts as record_names() says. A change is atomic,
 * and running servers see it at once. An account's mailbox is made with it, and is kept when the account is removed. A
 * target of an alias or a list must exist and cannot be removed.
 */
struct admin_ops {
	/* Shows all records in the order of their names; if within is not NULL, of a domain, or a kind of access. */
	enum admin_result (*list)(
	    struct admin *admin, enum record_kind kind, const char *within, record_row_fn *each_row, void *context);
	enum admin_result (*show)(struct admin *admin, enum record_kind kind, const char *const *name,
	    record_row_fn *each_row, void *context);
	enum admin_result (*add)(
	    struct admin *admin, enum record_kind kind, const char *const *name, const struct record_change *change);
	enum admin_result (*set)(
	    struct admin *admin, enum record_kind kind, const char *const *name, const struct record_change *change);
	enum admin_result (*remove)(struct admin *admin, enum record_kind kind, const char *const *name);
	/* An English sentence about the last result that was not ADMIN_OK: it names the value, and the cure. */
	const char *(*error)(const struct admin *admin);
	void (*close)(struct admin *admin);
};

/* Adds a domain; adds an account with a password of this hash, NULL for an account without login. */
enum admin_result admin_add_domain(struct admin *admin, const char *name);
enum admin_result admin_add_account(struct admin *admin, const char *local, const char *domain, const char *password);

#endif
