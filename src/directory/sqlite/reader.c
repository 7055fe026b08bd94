/* Reads the database of accounts for a server: one connection, one state at a time, prepared statements. */
#include "directory/sqlite/reader.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "directory/sqlite/change.h"
#include "directory/sqlite/database.h"

enum { RETRY = 1000 }; /* milliseconds */

#define DOMAIN_COLUMNS "d.name, d.language, d.max_message_size, d.greylist, d.relayed, d.recipients = 'neutral'"
#define FLAGS          "a.smtp + 2 * a.pop3 + 4 * a.send + 8 * a.receive + 16 * a.disabled + 32 * a.spamtrap"
#define RATES          "a.max_messages_hour, a.max_messages_day, a.max_recipients_hour, a.max_recipients_day"
#define QUOTA          "ifnull(a.quota_bytes, d.quota_bytes), ifnull(a.quota_messages, d.quota_messages)"
#define ACCOUNT_COLUMNS                                                                                                \
	DOMAIN_COLUMNS ", a.id, ifnull(a.written, a.local), " FLAGS ", a.language, " QUOTA                             \
	               ", a.moved_to, ifnull(a.delivery, d.delivery)"
/* What refuses a session comes before what refuses its mail. */
#define TEXT_OF_ACCESS                                                                                                 \
	" CASE WHEN sum(kind = 'refused') > 0 THEN max(CASE kind WHEN 'refused' THEN text END)"                        \
	" ELSE max(CASE kind WHEN 'blacklist' THEN text END) END"
#define ACCESS_KINDS                                                                                                      \
	"sum(CASE kind WHEN 'refused' THEN 1 WHEN 'blacklist' THEN 2 WHEN 'permitted' THEN 4 ELSE 8 END)," TEXT_OF_ACCESS \
	" FROM access"

static const char *const sql[QUERIES] = {
	[QUERY_RECIPIENT] = "SELECT " ACCOUNT_COLUMNS
	                    " FROM domains d LEFT JOIN accounts a INDEXED BY accounts_recipient"
	                    " ON a.domain = d.id AND a.local = ?2 WHERE d.name = ?1",
	[QUERY_LOGIN] = "SELECT " ACCOUNT_COLUMNS ", a.password, a.scram_sha256, a.secret, " RATES " FROM domains d"
	                " LEFT JOIN accounts a ON a.domain = d.id AND a.local = ?2 WHERE d.name = ?1",
	[QUERY_BARE] = "SELECT d.name FROM domains d JOIN"
	               " (SELECT domain FROM accounts WHERE local = ?1 UNION ALL SELECT domain FROM aliases"
	               "  WHERE local = ?1) x ON d.id = x.domain LIMIT 2",
	[QUERY_FIRST_DOMAIN] = "SELECT name FROM domains WHERE NOT relayed ORDER BY id LIMIT 1",
	[QUERY_LAST_ACCOUNT] = "SELECT max(id) FROM accounts",
	[QUERY_ANY_DOMAIN] = "SELECT d.name FROM accounts a JOIN domains d ON d.id = a.domain WHERE a.id >= ?1"
	                     " ORDER BY a.id LIMIT 1",
	[QUERY_DOMAIN] = "SELECT " DOMAIN_COLUMNS " FROM domains d WHERE d.name = ?1",
	[QUERY_DOMAIN_MAILBOX] = "SELECT quota_bytes, quota_messages, delivery FROM domains WHERE name = ?1",
	[QUERY_ALIAS] =
	    "SELECT l.id, ifnull(l.written, l.local), l.kind = 'list', l.expand, l.post FROM aliases l JOIN domains d ON d.id = l.domain"
	    " WHERE d.name = ?1 AND l.local = ?2",
	[QUERY_TARGETS] = "SELECT ifnull(written, local), domain FROM targets WHERE alias = ?1 ORDER BY domain, local",
	[QUERY_MEMBER] = "SELECT 1 FROM targets WHERE alias = ?1 AND domain = ?2 AND local = ?3",
	[QUERY_OWNS] = "SELECT 1 FROM accounts a JOIN domains d ON d.id = a.domain"
	               " WHERE a.id = ?1 AND (d.name = ?2 AND a.local = ?3 OR EXISTS"
	               "  (SELECT 1 FROM aliases l JOIN domains e ON e.id = l.domain JOIN targets t ON t.alias = l.id"
	               "   WHERE e.name = ?2 AND l.local = ?3 AND l.kind = 'alias'"
	               "    AND t.domain = d.name AND t.local = a.local))",
	[QUERY_NETWORKS] = "SELECT 1 FROM access WHERE network IS NOT NULL LIMIT 1",
	[QUERY_NETWORK] = "SELECT " ACCESS_KINDS " WHERE network = ?1 AND bits = ?2",
	[QUERY_SENDER] = "SELECT " ACCESS_KINDS " WHERE sender = ?1",
};

struct reader {
	struct clock *clock; /* NULL: for jobs */
	struct chore rest;   /* ends the transaction */
	sqlite3 *database;   /* NULL: not open */
	sqlite3_stmt *statements[QUERIES];
	struct change_watch changes;
	bool reading;   /* a transaction is open */
	uint64_t state; /* number of the state that was read last */
	int64_t retry;  /* not before this time */
	dev_t device;   /* of the open file */
	ino_t inode;
	unsigned failures;
	char trouble[DATABASE_ERROR_SIZE];
	char path[];
};

static int64_t
now(const struct reader *reader)
{
	struct timespec time;
	if (reader->clock != NULL)
		return reader->clock->now(reader->clock);
	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static void
close_database(struct reader *reader)
{
	for (size_t i = 0; i < QUERIES; i++) {
		sqlite3_finalize(reader->statements[i]);
		reader->statements[i] = NULL;
	}
	reader->changes.index = NULL;
	sqlite3_close(reader->database);
	reader->database = NULL;
	reader->reading = false;
}

/* Gives up for a second, and keeps the cause. */
static void
fail(struct reader *reader, const char *why)
{
	snprintf(reader->trouble, sizeof reader->trouble, "%s", why);
	reader->failures++;
	close_database(reader);
	reader->retry = now(reader) + RETRY;
}

static bool
prepare(struct reader *reader)
{
	for (size_t i = 0; i < QUERIES; i++) {
		int result = sqlite3_prepare_v3(
		    reader->database, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &reader->statements[i], NULL);
		if (result != SQLITE_OK)
			return false;
	}
	return true;
}

static bool
open_database(struct reader *reader)
{
	char why[DATABASE_ERROR_SIZE];
	struct stat status;
	if (now(reader) < reader->retry)
		return false;
	reader->database = database_open_reader(reader->path, why);
	if (reader->database == NULL) {
		fail(reader, why);
		return false;
	}
	if (!prepare(reader) || stat(reader->path, &status) < 0) {
		fail(reader, sqlite3_errmsg(reader->database));
		return false;
	}
	reader->device = status.st_dev;
	reader->inode = status.st_ino;
	change_watch_open(&reader->changes, reader->database);
	reader->state++;
	return true;
}

/* Has the file been removed, or another one put in its place? */
static bool
is_replaced(const struct reader *reader)
{
	struct stat status;
	return stat(reader->path, &status) < 0 || status.st_ino != reader->inode || status.st_dev != reader->device;
}

/* Opens a transaction that reads the newest state, unless one is open. */
static bool
ready(struct reader *reader)
{
	if (reader->reading)
		return true;
	if (reader->database != NULL && is_replaced(reader))
		close_database(reader);
	if (reader->database == NULL && !open_database(reader))
		return false;
	if (change_watch_note(&reader->changes))
		reader->state++;
	if (sqlite3_exec(reader->database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
		fail(reader, sqlite3_errmsg(reader->database));
		return false;
	}
	reader->reading = true;
	if (reader->clock != NULL)
		reader->clock->soon(reader->clock, &reader->rest);
	return true;
}

void
reader_end(struct reader *reader)
{
	if (reader->reading && sqlite3_exec(reader->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(reader, sqlite3_errmsg(reader->database));
	reader->reading = false;
}

void
reader_begin(struct reader *reader)
{
	if (reader->reading && change_watch_is_changed(&reader->changes))
		reader_end(reader);
}

/* Lets a checkpoint end, and a file that has been replaced be noticed. */
static void
run_rest(struct chore *chore)
{
	reader_end((struct reader *)(void *)((char *)chore - offsetof(struct reader, rest)));
}

uint64_t
reader_state(struct reader *reader)
{
	return ready(reader) ? reader->state : 0;
}

sqlite3_stmt *
reader_query(struct reader *reader, enum query query)
{
	return ready(reader) ? reader->statements[query] : NULL;
}

int
reader_step(struct reader *reader, enum query query)
{
	if (reader->statements[query] == NULL)
		return SQLITE_ERROR;
	int result = sqlite3_step(reader->statements[query]);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		fail(reader, sqlite3_errmsg(reader->database));
	return result;
}

void
reader_done(struct reader *reader, enum query query)
{
	if (reader->statements[query] != NULL)
		sqlite3_reset(reader->statements[query]);
}

int
reader_ask(struct reader *reader, enum query query, const char *one, const char *two)
{
	sqlite3_stmt *statement = reader_query(reader, query);
	if (statement == NULL)
		return SQLITE_ERROR;
	sqlite3_bind_text(statement, 1, one, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, two, -1, SQLITE_STATIC);
	return reader_step(reader, query);
}

const char *
reader_trouble(const struct reader *reader)
{
	return reader->trouble;
}

unsigned
reader_failures(const struct reader *reader)
{
	return reader->failures;
}

void
reader_free(struct reader *reader)
{
	if (reader == NULL)
		return;
	if (reader->clock != NULL)
		reader->clock->forget(reader->clock, &reader->rest);
	close_database(reader);
	free(reader);
}

struct reader *
reader_new(const char *path, struct clock *clock)
{
	size_t size = strlen(path) + 1;
	struct reader *reader = calloc(1, sizeof *reader + size);
	if (reader == NULL)
		return NULL;
	reader->clock = clock;
	reader->rest.run = run_rest;
	reader->retry = INT64_MIN;
	memcpy(reader->path, path, size);
	return reader;
}
