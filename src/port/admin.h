/*
 * Administration of domains, accounts, aliases, lists and access lists: what
 * ftgatectl does. A port: directory/ implements it.
 */
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
	ADMIN_READ_ONLY, /* the database can be read, but not changed */
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
	FIELD_STORE,     /* as port/store_name.h has it */
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

/* More than any kind has fields. */
enum { RECORD_FIELDS_MAX = 32 };

/* Is the field a stored form of a password? It is shown as yes or no, and carried only if that is asked for. */
bool record_is_secret(enum record_kind kind, size_t index);

/* Is the field part of an export, other than a secret? Those that are computed are not. */
bool record_is_carried(enum record_kind kind, size_t index);

/* A record as an import has it. */
struct record_put {
	const char *const *name;
	/*
	 * By the indexes of fields, of which those of the name are not used; NULL: not given; "": none. Secrets are
	 * stored as they are, and addresses are whole sets, one a line.
	 */
	const char *values[RECORD_FIELDS_MAX];
	bool update; /* of a record that exists, to change what differs; else that is ADMIN_EXISTS */
};

enum put_outcome { PUT_SAME, PUT_ADDED, PUT_CHANGED };

struct put_result {
	enum put_outcome outcome;
	size_t field; /* at fault, unless the result is ADMIN_OK; below record_names(): the name */
};

/* Is called for each target that does not exist: the alias or list, and its target. */
typedef void dangling_fn(void *context, const char *alias, const char *target);

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
	/*
	 * Shows a record, or all if name is NULL, row by row as they are read. With secrets, the stored forms of a
	 * password are the values of their fields.
	 */
	enum admin_result (*dump)(struct admin *admin, enum record_kind kind, const char *const *name, bool secrets,
	    record_row_fn *each_row, void *context);
	/*
	 * Between begin() and end(), put() adds or changes records, all of which end() commits durably, or none. A
	 * record that fails leaves the others as they were. The target of an alias may be added later; dangling() shows
	 * those that do not exist. In a rehearsal, no mailbox is made.
	 */
	enum admin_result (*begin)(struct admin *admin, bool rehearsal);
	enum admin_result (*put)(
	    struct admin *admin, enum record_kind kind, const struct record_put *put, struct put_result *result);
	enum admin_result (*end)(struct admin *admin, bool commit);
	/*
	 * Gives a record another name, with its mail; targets of aliases and
	 * addresses of accounts that have moved follow it. Not for access lists.
	 */
	enum admin_result (*rename)(struct admin *admin, enum record_kind kind, const char *from, const char *to);
	enum admin_result (*dangling)(struct admin *admin, dangling_fn *each, void *context);
	/* An English sentence about the last result that was not ADMIN_OK: it names the value, and the cure. */
	const char *(*error)(const struct admin *admin);
	void (*close)(struct admin *admin);
};

/* Adds a domain; adds an account with a password of this hash, NULL for an account without login. */
enum admin_result admin_add_domain(struct admin *admin, const char *name);
enum admin_result admin_add_account(struct admin *admin, const char *local, const char *domain, const char *password);

#endif
