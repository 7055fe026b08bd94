/* The greylisting store, in a database file of its own that the workers of a server share. */
#include "directory/sqlite/greylist.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

enum {
	VERSION = 1,
	WAIT = 250, /* milliseconds that a job waits for another process; its session waits for it */
	PAUSE = 5,  /* milliseconds */
	SWEEP_ROWS = 512,
	SWEEP_EVERY = 64, /* new keys */
	SWEEPS_MAX = 4,   /* to make room for one */
};

/*
 * Keys are hashes, so expired rows are spread evenly and need no index. Each insertion moves a cursor over eight rows
 * and removes the expired ones; at most an eighth of the table is expired at any time.
 */
enum query { QUERY_FIND, QUERY_MEET, QUERY_PASS, QUERY_CURSOR, QUERY_SWEEP, QUERIES };

static const char *const sql[QUERIES] = {
	[QUERY_FIND] = "SELECT since, until, passed FROM seen WHERE key = ?1 AND until > ?2",
	[QUERY_MEET] = "INSERT INTO seen VALUES (?1, ?2, ?3, 0) ON CONFLICT DO UPDATE"
	               " SET since = ?2, until = ?3, passed = 0 WHERE until <= ?2",
	[QUERY_PASS] = "INSERT INTO seen VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE"
	               " SET since = iif(until > ?2, since, ?2), until = ?3, passed = iif(until > ?2, passed, 0) + 1",
	[QUERY_CURSOR] = "SELECT key FROM seen WHERE key > ?1 ORDER BY key LIMIT 1 OFFSET ?2",
	[QUERY_SWEEP] = "DELETE FROM seen WHERE key > ?1 AND key <= ?2 AND (until <= ?3 OR (?4 AND passed = 0))",
};

/* "ftgg": marks the file as ours. */
static const char schema[] = "PRAGMA application_id = 0x66746767;"
                             "CREATE TABLE IF NOT EXISTS seen ("
                             "	key INTEGER PRIMARY KEY,"
                             "	since INTEGER NOT NULL,"
                             "	until INTEGER NOT NULL,"
                             "	passed INTEGER NOT NULL"
                             ") STRICT;"
                             "PRAGMA user_version = 1;";

struct sqlite_greylist {
	struct greylist_store store;
	sqlite3 *database; /* NULL: not open */
	sqlite3_stmt *statements[QUERIES];
	const char *trouble;
	int64_t retry; /* not before this time */
	int64_t max_size;
	int64_t cursor; /* the key that was looked at last */
	unsigned added; /* keys since then */
	dev_t device;   /* of the open file */
	ino_t inode;
	char path[];
};

static struct sqlite_greylist *
own(struct greylist_store *store)
{
	return (struct sqlite_greylist *)store;
}

static void
close_database(struct sqlite_greylist *greylist)
{
	for (size_t i = 0; i < QUERIES; i++) {
		sqlite3_finalize(greylist->statements[i]);
		greylist->statements[i] = NULL;
	}
	sqlite3_close(greylist->database);
	greylist->database = NULL;
}

/* Gives up until the next second. */
static bool
fail(struct sqlite_greylist *greylist, int64_t now, const char *trouble)
{
	greylist->trouble = trouble;
	greylist->retry = now + 1;
	close_database(greylist);
	return false;
}

static bool
run(struct sqlite_greylist *greylist, const char *text)
{
	return sqlite3_exec(greylist->database, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* The first column of the first row, or -1. */
static int64_t
ask_number(struct sqlite_greylist *greylist, const char *text)
{
	sqlite3_stmt *statement;
	int64_t number = -1;
	if (sqlite3_prepare_v2(greylist->database, text, -1, &statement, NULL) != SQLITE_OK)
		return -1;
	if (sqlite3_step(statement) == SQLITE_ROW)
		number = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return number;
}

/* The number of pages is a limit of a connection, not of the file. */
static bool
limit_size(struct sqlite_greylist *greylist)
{
	char text[64];
	int64_t page = ask_number(greylist, "PRAGMA page_size");
	if (page <= 0)
		return false;
	snprintf(text, sizeof text, "PRAGMA max_page_count = %lld", (long long)(greylist->max_size / page));
	return run(greylist, text);
}

/* If another process does the same, SQLite fails at once: its busy timeout does not apply here. */
static bool
begin_log(struct sqlite_greylist *greylist)
{
	for (int waited = 0; !run(greylist, "PRAGMA journal_mode = WAL"); waited += PAUSE) {
		if (sqlite3_errcode(greylist->database) != SQLITE_BUSY || waited >= WAIT)
			return false;
		sqlite3_sleep(PAUSE);
	}
	return true;
}

/* Of several processes that find an empty file, one makes the table, and the others wait for it. */
static bool
complete(struct sqlite_greylist *greylist)
{
	if (ask_number(greylist, "PRAGMA user_version") == VERSION)
		return true;
	if (!run(greylist, "BEGIN IMMEDIATE"))
		return false;
	return run(greylist, schema) && run(greylist, "COMMIT");
}

static bool
prepare(struct sqlite_greylist *greylist)
{
	for (size_t i = 0; i < QUERIES; i++)
		if (sqlite3_prepare_v3(greylist->database, sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		        &greylist->statements[i], NULL) != SQLITE_OK)
			return false;
	return true;
}

/*
 * The log of SQLite is written at once, and synced now and then: the kernel keeps it when a process ends, and a record
 * lost in a crash of the machine only defers a mail once more.
 */
static bool
open_database(struct sqlite_greylist *greylist, int64_t now)
{
	static const char settings[] = "PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304";
	struct stat status;
	int result = sqlite3_open_v2(greylist->path, &greylist->database,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	if (result != SQLITE_OK)
		return fail(greylist, now, sqlite3_errstr(result));
	sqlite3_busy_timeout(greylist->database, WAIT);
	if (ask_number(greylist, "PRAGMA user_version") > VERSION)
		return fail(greylist, now, "a newer ftgate has written it");
	if (!begin_log(greylist) || !run(greylist, settings) || !complete(greylist) || !limit_size(greylist) ||
	    !prepare(greylist))
		return fail(greylist, now, sqlite3_errstr(sqlite3_errcode(greylist->database)));
	if (stat(greylist->path, &status) < 0)
		return fail(greylist, now, "it has been removed");
	greylist->device = status.st_dev;
	greylist->inode = status.st_ino;
	return true;
}

/* Has the file been removed, or another one put in its place? */
static bool
is_replaced(const struct sqlite_greylist *greylist)
{
	struct stat status;
	return stat(greylist->path, &status) < 0 || status.st_ino != greylist->inode ||
	    status.st_dev != greylist->device;
}

static bool
ready(struct sqlite_greylist *greylist, int64_t now)
{
	if (greylist->database != NULL && is_replaced(greylist))
		close_database(greylist);
	if (greylist->database != NULL)
		return true;
	bool early = now < greylist->retry && greylist->retry - now <= 1;
	return !early && open_database(greylist, now);
}

/* Runs a statement with numbers from ?1 on, and leaves it at its first row. */
static int
step(struct sqlite_greylist *greylist, enum query query, const int64_t *numbers, int count)
{
	sqlite3_stmt *statement = greylist->statements[query];
	for (int i = 0; i < count; i++)
		sqlite3_bind_int64(statement, i + 1, numbers[i]);
	return sqlite3_step(statement);
}

/* Ends a statement. False if it failed, which closes the file. */
static bool
finish(struct sqlite_greylist *greylist, enum query query, int result, int64_t now)
{
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return fail(greylist, now, sqlite3_errstr(result));
	sqlite3_reset(greylist->statements[query]);
	return true;
}

/* Moves the cursor by some rows, and removes expired ones; if the file is full, also those that have not passed. */
static bool
sweep(struct sqlite_greylist *greylist, int64_t now, bool full)
{
	const int64_t cursor[] = { greylist->cursor, SWEEP_ROWS - 1 };
	int result = step(greylist, QUERY_CURSOR, cursor, 2);
	int64_t next = result == SQLITE_ROW ? sqlite3_column_int64(greylist->statements[QUERY_CURSOR], 0) : INT64_MAX;
	if (!finish(greylist, QUERY_CURSOR, result, now))
		return false;
	const int64_t range[] = { greylist->cursor, next, now, full };
	greylist->added = 0;
	greylist->cursor = next < INT64_MAX ? next : INT64_MIN;
	return finish(greylist, QUERY_SWEEP, step(greylist, QUERY_SWEEP, range, 4), now);
}

/* Adds or changes a key. If the file has its largest size, room is made. */
static bool
put(struct sqlite_greylist *greylist, enum query query, uint64_t key, int64_t now, int64_t until)
{
	const int64_t numbers[] = { (int64_t)key, now, until };
	int result = step(greylist, query, numbers, 3);
	for (int tries = 0; result == SQLITE_FULL && tries < SWEEPS_MAX; tries++) {
		sqlite3_reset(greylist->statements[query]);
		if (!sweep(greylist, now, true))
			return false;
		result = step(greylist, query, numbers, 3);
	}
	if (!finish(greylist, query, result, now))
		return false;
	return ++greylist->added < SWEEP_EVERY || sweep(greylist, now, false);
}

static bool
find(struct greylist_store *store, uint64_t key, int64_t now, struct greylist_record *record)
{
	struct sqlite_greylist *greylist = own(store);
	const int64_t numbers[] = { (int64_t)key, now };
	*record = (struct greylist_record) { 0 };
	if (!ready(greylist, now))
		return false;
	int result = step(greylist, QUERY_FIND, numbers, 2);
	if (result == SQLITE_ROW) {
		sqlite3_stmt *row = greylist->statements[QUERY_FIND];
		record->since = sqlite3_column_int64(row, 0);
		record->until = sqlite3_column_int64(row, 1);
		record->passed = sqlite3_column_int64(row, 2);
	}
	return finish(greylist, QUERY_FIND, result, now);
}

/* If another process inserted the key first, it did so just now, so its record is equally true. */
static bool
meet(struct greylist_store *store, uint64_t key, int64_t now, int64_t until, struct greylist_record *record)
{
	if (!find(store, key, now, record))
		return false;
	if (record->until != 0)
		return true;
	*record = (struct greylist_record) { .since = now, .until = until };
	return put(own(store), QUERY_MEET, key, now, until);
}

static bool
pass(struct greylist_store *store, uint64_t key, int64_t now, int64_t until)
{
	return ready(own(store), now) && put(own(store), QUERY_PASS, key, now, until);
}

static const char *
trouble(const struct greylist_store *store)
{
	return ((const struct sqlite_greylist *)store)->trouble;
}

static void
close_store(struct greylist_store *store)
{
	close_database(own(store));
	free(store);
}

static const struct greylist_store_ops ops = {
	.find = find,
	.meet = meet,
	.pass = pass,
	.trouble = trouble,
	.close = close_store,
};

struct greylist_store *
greylist_sqlite_new(const char *path, int64_t max_size)
{
	size_t size = strlen(path) + 1;
	struct sqlite_greylist *greylist = calloc(1, sizeof *greylist + size);
	if (greylist == NULL)
		return NULL;
	greylist->store.ops = &ops;
	greylist->trouble = "";
	greylist->retry = INT64_MIN;
	greylist->max_size = max_size;
	if (getrandom(&greylist->cursor, sizeof greylist->cursor, 0) < 0) /* whether it begins here or there */
		greylist->cursor = INT64_MIN;
	memcpy(greylist->path, path, size);
	return &greylist->store;
}
