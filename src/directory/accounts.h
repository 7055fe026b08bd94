/* The keeping of domains, accounts, aliases, lists and access lists: what ftgatectl does. */
#ifndef DIRECTORY_ACCOUNTS_H
#define DIRECTORY_ACCOUNTS_H

#include <stdbool.h>
#include <stddef.h>

#include "port/mailbox_store.h"

struct accounts;

enum accounts_result {
	ACCOUNTS_OK,
	ACCOUNTS_EXISTS,    /* there is one of this name */
	ACCOUNTS_NO_DOMAIN, /* the domain is not hosted here */
	ACCOUNTS_MISSING,   /* there is none of this name */
	ACCOUNTS_UNFIT,     /* a name or a value can be none */
	ACCOUNTS_REFUSED,   /* something else stands against it: a limit, or what is needed by others */
	ACCOUNTS_FAILED,    /* the database or the disk is in trouble */
};

enum { ACCOUNTS_ERROR_SIZE = 1024 };

/*
 * Opens the accounts of a data folder, which must exist; the database is made if it is missing, and *created tells so.
 * mailboxes makes the mailbox of each new account and must outlive what is returned. NULL with an English sentence in
 * error. Waits up to DATABASE_WAIT for the changes of other processes.
 */
struct accounts *accounts_open(
    const char *data, struct mailbox_store *mailboxes, bool *created, char error[ACCOUNTS_ERROR_SIZE]);
void accounts_close(struct accounts *accounts);

/* An English sentence about the last result that was not ACCOUNTS_OK: it names the value, and the cure. */
const char *accounts_error(const struct accounts *accounts);

/* What is kept. */
enum record_kind { RECORD_DOMAIN, RECORD_ACCOUNT, RECORD_ALIAS, RECORD_LIST, RECORD_ACCESS, RECORD_KINDS };

enum field_type {
	FIELD_TEXT,
	FIELD_LANGUAGE,
	FIELD_COUNT,
	FIELD_SIZE, /* octets: 500, 64K, 10M, 1G */
	FIELD_FLAG, /* yes or no; told as 1 or 0 */
	FIELD_EXPAND,
	FIELD_POST,
	FIELD_ADDRESSES, /* one a line */
};

struct record_field {
	const char *name; /* in settings, and as it is told */
	enum field_type type;
	bool settable;
	const char *help; /* of one that is settable */
};

/* A field of a kind, by its place; NULL where there is none. The first ones, so many, tell one record from all others. */
const struct record_field *record_field(enum record_kind kind, size_t index);
size_t record_names(enum record_kind kind);

/* One record is told: the value of each field, NULL where it has none. */
typedef void record_tell(void *context, const char *const *values);

/* Tells all records in the order of their names: of one domain, or of one kind of access, where within is not NULL. */
enum accounts_result records_list(
    struct accounts *accounts, enum record_kind kind, const char *within, record_tell *tell, void *context);

/* What is set: a field's name and its new value, "" for none. Of aliases and lists, "add" and "remove" an address. */
struct record_setting {
	const char *name;
	const char *value;
};

/* What is stored of a password; NULL for what is not. */
struct record_password {
	const char *hash;
	const char *scram_sha256;
	const char *secret;
};

struct record_change {
	const struct record_setting *settings;
	size_t count;
	const struct record_password *password; /* of an account; NULL: as it was, or none */
};

/*
 * name holds as many texts as record_names() says. A change is made whole or not at all. An account's Maildir is made
 * with it, and stays when it is removed. Whatever others lead to is not removed, and nobody is led to what is not there.
 */
enum accounts_result record_show(
    struct accounts *accounts, enum record_kind kind, const char *const *name, record_tell *tell, void *context);
enum accounts_result record_add(
    struct accounts *accounts, enum record_kind kind, const char *const *name, const struct record_change *change);
enum accounts_result record_set(
    struct accounts *accounts, enum record_kind kind, const char *const *name, const struct record_change *change);

/* Removes a record, unless others point to it. */
enum accounts_result record_remove(struct accounts *accounts, enum record_kind kind, const char *const *name);

/* Adds a domain; an account with a password of this hash, NULL for one that nobody may log in to. */
enum accounts_result accounts_add_domain(struct accounts *accounts, const char *name);
enum accounts_result accounts_add(
    struct accounts *accounts, const char *local, const char *domain, const char *password);

#endif
