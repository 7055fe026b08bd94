/* The directory of a server, from the database of accounts. */
#include "mail/sqlite_directory.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/log.h"
#include "mail/database.h"
#include "mail/maildir.h"

enum { RETRY = 1000 }; /* milliseconds */

/* The statements, and their columns: domain's name, account's number, local part. */
enum { MAILBOX, BARE, FIRST_DOMAIN, STATEMENTS };
static const char *const sql[STATEMENTS] = {
	[MAILBOX] = "SELECT d.name, a.id, a.local FROM domains d"
	            " LEFT JOIN accounts a ON a.domain = d.id AND a.local = ?2 WHERE d.name = ?1",
	[BARE] = "SELECT d.name, a.id, a.local FROM accounts a JOIN domains d ON d.id = a.domain"
	         " WHERE a.local = ?2 LIMIT 2",
	[FIRST_DOMAIN] = "SELECT name FROM domains ORDER BY id LIMIT 1",
};

struct sqlite_directory {
	struct directory directory;
	struct clock *clock;
	struct chore rest; /* ends the transaction */
	sqlite3 *database; /* NULL: not open */
	sqlite3_stmt *statements[STATEMENTS];
	bool reading;  /* a transaction is open */
	int64_t retry; /* not before this time */
	dev_t device;  /* of the open file */
	ino_t inode;
	char path[];
};

static void
close_database(struct sqlite_directory *directory)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		sqlite3_finalize(directory->statements[i]);
		directory->statements[i] = NULL;
	}
	sqlite3_close(directory->database);
	directory->database = NULL;
	directory->reading = false;
}

/* Gives up for now, and says why. */
static void
fail(struct sqlite_directory *directory, const char *why)
{
	log_event("directory-failed", "file", directory->path, "detail", why, NULL);
	close_database(directory);
	directory->retry = directory->clock->now(directory->clock) + RETRY;
}

static bool
prepare(struct sqlite_directory *directory)
{
	for (size_t i = 0; i < STATEMENTS; i++) {
		int result = sqlite3_prepare_v3(
		    directory->database, sql[i], -1, SQLITE_PREPARE_PERSISTENT, &directory->statements[i], NULL);
		if (result != SQLITE_OK)
			return false;
	}
	return true;
}

static bool
open_database(struct sqlite_directory *directory)
{
	char why[DATABASE_ERROR_SIZE];
	struct stat status;
	if (directory->clock->now(directory->clock) < directory->retry)
		return false;
	directory->database = database_open_reader(directory->path, why);
	if (directory->database == NULL) {
		fail(directory, why);
		return false;
	}
	if (!prepare(directory) || stat(directory->path, &status) < 0) {
		fail(directory, sqlite3_errmsg(directory->database));
		return false;
	}
	directory->device = status.st_dev;
	directory->inode = status.st_ino;
	return true;
}

/* Has the file been removed, or another one put in its place? */
static bool
is_replaced(const struct sqlite_directory *directory)
{
	struct stat status;
	return stat(directory->path, &status) < 0 || status.st_ino != directory->inode ||
	    status.st_dev != directory->device;
}

/* Sees to an open transaction. */
static bool
ready(struct sqlite_directory *directory)
{
	if (directory->reading)
		return true;
	if (directory->database != NULL && is_replaced(directory))
		close_database(directory);
	if (directory->database == NULL && !open_database(directory))
		return false;
	if (sqlite3_exec(directory->database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
		fail(directory, sqlite3_errmsg(directory->database));
		return false;
	}
	directory->reading = true;
	directory->clock->soon(directory->clock, &directory->rest);
	return true;
}

/* So that a change is seen, and a checkpoint can end. */
static void
run_rest(struct chore *chore)
{
	struct sqlite_directory *directory = (struct sqlite_directory *)((char *)chore -
	    offsetof(struct sqlite_directory, rest));
	if (directory->reading && sqlite3_exec(directory->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(directory, sqlite3_errmsg(directory->database));
	directory->reading = false;
}

/* The first row of a statement: SQLITE_ROW, SQLITE_DONE, or an error that has been told. */
static int
ask(struct sqlite_directory *directory, int number, const char *domain, const char *local)
{
	sqlite3_stmt *statement = directory->statements[number];
	sqlite3_bind_text(statement, 1, domain, -1, SQLITE_STATIC);
	sqlite3_bind_text(statement, 2, local, -1, SQLITE_STATIC);
	int result = sqlite3_step(statement);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		fail(directory, sqlite3_errmsg(directory->database));
	return result;
}

static void
done(struct sqlite_directory *directory, int number)
{
	if (directory->statements[number] != NULL)
		sqlite3_reset(directory->statements[number]);
}

static enum directory_verdict
found(struct mailbox *mailbox, int64_t account, const char *domain, const char *local)
{
	mailbox->account = account;
	return maildir_path(mailbox->maildir, domain, local) ? DIRECTORY_FOUND : DIRECTORY_FAILED;
}

static enum directory_verdict
found_row(const struct sqlite_directory *directory, int number, struct mailbox *mailbox)
{
	sqlite3_stmt *statement = directory->statements[number];
	const char *domain = (const char *)sqlite3_column_text(statement, 0);
	const char *local = (const char *)sqlite3_column_text(statement, 2);
	if (domain == NULL || local == NULL)
		return DIRECTORY_FAILED;
	return found(mailbox, sqlite3_column_int64(statement, 1), domain, local);
}

static bool
is_postmaster(const char *local)
{
	return strcasecmp(local, "postmaster") == 0;
}

/* A hosted domain takes mail to its postmaster with no account for it, too. */
static enum directory_verdict
look_up(struct sqlite_directory *directory, const char *domain, const char *local, struct mailbox *mailbox)
{
	enum directory_verdict verdict = DIRECTORY_FAILED;
	int result = ask(directory, MAILBOX, domain, local);
	if (result == SQLITE_DONE)
		verdict = DIRECTORY_NO_DOMAIN;
	else if (result == SQLITE_ROW && sqlite3_column_type(directory->statements[MAILBOX], 1) != SQLITE_NULL)
		verdict = found_row(directory, MAILBOX, mailbox);
	else if (result == SQLITE_ROW)
		verdict = is_postmaster(local) ? found(mailbox, 0, domain, local) : DIRECTORY_NO_MAILBOX;
	done(directory, MAILBOX);
	return verdict;
}

static enum directory_verdict
look_up_bare(struct sqlite_directory *directory, const char *local, struct mailbox *mailbox)
{
	enum directory_verdict verdict = DIRECTORY_FAILED;
	int result = ask(directory, BARE, NULL, local);
	if (result == SQLITE_DONE) {
		verdict = DIRECTORY_NO_MAILBOX;
	} else if (result == SQLITE_ROW) {
		verdict = found_row(directory, BARE, mailbox);
		if (sqlite3_step(directory->statements[BARE]) == SQLITE_ROW)
			verdict = DIRECTORY_AMBIGUOUS;
	}
	done(directory, BARE);
	return verdict;
}

/* The postmaster without a domain is that of the domain that was hosted first, or of nobody's. */
static enum directory_verdict
look_up_postmaster(struct sqlite_directory *directory, struct mailbox *mailbox)
{
	char domain[ADDRESS_DOMAIN_MAX + 1] = "";
	int result = ask(directory, FIRST_DOMAIN, NULL, NULL);
	if (result == SQLITE_ROW)
		snprintf(domain, sizeof domain, "%s",
		    (const char *)sqlite3_column_text(directory->statements[FIRST_DOMAIN], 0));
	done(directory, FIRST_DOMAIN);
	if (result == SQLITE_DONE)
		return found(mailbox, 0, "localhost", "postmaster");
	return result == SQLITE_ROW ? look_up(directory, domain, "postmaster", mailbox) : DIRECTORY_FAILED;
}

static enum directory_verdict
recipient(struct directory *base, const struct address *address, struct mailbox *mailbox)
{
	struct sqlite_directory *directory = (struct sqlite_directory *)base;
	if (!ready(directory))
		return DIRECTORY_FAILED;
	if (address->domain[0] != '\0')
		return look_up(directory, address->domain, address->local, mailbox);
	if (is_postmaster(address->local))
		return look_up_postmaster(directory, mailbox);
	return look_up_bare(directory, address->local, mailbox);
}

static void
close_directory(struct directory *base)
{
	struct sqlite_directory *directory = (struct sqlite_directory *)base;
	directory->clock->forget(directory->clock, &directory->rest);
	close_database(directory);
	free(directory);
}

static const struct directory_ops ops = { .recipient = recipient, .close = close_directory };

struct directory *
sqlite_directory_new(const char *path, struct clock *clock)
{
	size_t size = strlen(path) + 1;
	struct sqlite_directory *directory = calloc(1, sizeof *directory + size);
	if (directory == NULL)
		return NULL;
	directory->directory.ops = &ops;
	directory->clock = clock;
	directory->rest.run = run_rest;
	directory->retry = INT64_MIN;
	memcpy(directory->path, path, size);
	ready(directory);
	return &directory->directory;
}
