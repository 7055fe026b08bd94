/* Reads the database of accounts for a server: one connection, one state at a time, prepared statements. */
#ifndef DIRECTORY_SQLITE_READER_H
#define DIRECTORY_SQLITE_READER_H

#include <sqlite3.h>
#include <stdbool.h>

#include "base/clock.h"

enum query {
	QUERY_RECIPIENT, /* ?1 domain, ?2 local part: enum account_column without secrets; a row for any domain here */
	QUERY_LOGIN,     /* the same with secrets */
	QUERY_BARE,      /* ?1 local part: the domains that have it, two at most */
	QUERY_FIRST_DOMAIN,   /* the domain that was hosted first, and has mailboxes here */
	QUERY_LAST_ACCOUNT,   /* the largest number of an account; NULL if there is none */
	QUERY_ANY_DOMAIN,     /* ?1 number of an account: the domain of it, or of the next one that exists */
	QUERY_DOMAIN,         /* ?1 domain: the first columns of enum account_column */
	QUERY_DOMAIN_MAILBOX, /* ?1 domain: octets, messages, store */
	QUERY_ALIAS,          /* ?1 domain, ?2 local part: number, local part, is it a list, expand, post */
	QUERY_TARGETS,        /* ?1 alias: local part, domain */
	QUERY_MEMBER,         /* ?1 list, ?2 domain, ?3 local part of an address: a row if it is in the list */
	QUERY_OWNS,           /* ?1 account, ?2 domain, ?3 local part */
	QUERY_NETWORKS,       /* a row if there is any network */
	QUERY_NETWORK,        /* ?1 network, ?2 bits: set of enum access_kind */
	QUERY_SENDER,         /* ?1 address or domain: set of enum access_kind */
	QUERIES
};

enum account_column {
	COLUMN_DOMAIN,
	COLUMN_DOMAIN_LANGUAGE,
	COLUMN_MAX_MESSAGE_SIZE,
	COLUMN_GREYLIST,
	COLUMN_RELAYED,
	COLUMN_NEUTRAL,
	COLUMN_ACCOUNT,
	COLUMN_LOCAL,
	COLUMN_FLAGS,
	COLUMN_LANGUAGE,
	COLUMN_QUOTA_BYTES,
	COLUMN_QUOTA_MESSAGES,
	COLUMN_MOVED_TO,
	COLUMN_STORE,
	COLUMN_PASSWORD,
	COLUMN_SCRAM_SHA256,
	COLUMN_SECRET,
	COLUMN_RATES, /* by enum account_rate */
};

struct reader;

/*
 * A reader of the database at path, which is opened with the first query. clock must outlive it. With a clock, the
 * reader is for the loop: a transaction stays open for CLOCK_SOON at most, so that most queries make no system call,
 * but each query of a new question (reader_begin) sees what other processes have committed before it. With clock NULL,
 * it is for jobs, one at a time, and reader_end() follows the last query. NULL when memory is out.
 */
struct reader *reader_new(const char *path, struct clock *clock);
void reader_free(struct reader *reader);

/* Begins a question: its queries see one state of the database, the newest one. */
void reader_begin(struct reader *reader);

/*
 * The number of the state that the queries of this question see; 0 if the database cannot be used. A state that was
 * committed later, and another file, have another number; the same state may have several.
 */
uint64_t reader_state(struct reader *reader);

/* Ends a transaction, if one is open. */
void reader_end(struct reader *reader);

/*
 * The statement of a query, to bind parameters to; NULL if the database cannot be used. After a step that fails, no
 * statement may be used but through this.
 */
sqlite3_stmt *reader_query(struct reader *reader, enum query query);

/* SQLITE_ROW, SQLITE_DONE, or an error. */
int reader_step(struct reader *reader, enum query query);

/* Must be called when the rows of a query have been read, and after an error. */
void reader_done(struct reader *reader, enum query query);

/* Binds texts from ?1 on and steps. */
int reader_ask(struct reader *reader, enum query query, const char *one, const char *two);

/* Why the database cannot be used: an English sentence that lasts until the next failure; "" if it never failed. */
const char *reader_trouble(const struct reader *reader);

/* How often the database has failed. A database that is missing or broken is tried again each second. */
unsigned reader_failures(const struct reader *reader);

#endif
