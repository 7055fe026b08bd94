/* The backend PostgreSQL for the suites of the ports: support/with_postgres.py runs the server. */
#include "backend.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#include "ask_directory.h"
#include "base/log/log.h"
#include "directory/postgres/admin.h"
#include "directory/postgres/connect.h"
#include "directory/postgres/directory.h"
#include "directory/postgres/exec.h"
#include "directory/postgres/greylist.h"
#include "directory/postgres/schema.h"
#include "directory/postgres/shared.h"
#include "folder.h"

#ifndef BACKEND_LIFETIME
#define BACKEND_LIFETIME 0 /* of answers: none is kept */
#endif

enum { OPTION_SIZE = 256, SQL_SIZE = 128, TIMEOUT = 60000 };

static const struct libpq *libpq;
static PGconn *connection;
static uv_loop_t loop;
static char database[OPTION_SIZE];

/* The directory that is open, with operations that end the loop before it is closed. */
static struct {
	struct stats_slot stats;
	struct directory *directory;
	struct directory_ops ops;
	const struct directory_ops *real;
} open_one;

static void
run_sql(PGconn *to, const char *sql)
{
	PGresult *result = exec_sql(&(struct exec) { .libpq = libpq, .connection = to }, sql);
	ExecStatusType status = libpq->PQresultStatus(result);
	cr_assert(status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK, "%s: %s", sql, libpq->PQerrorMessage(to));
	libpq->PQclear(result);
}

static PGconn *
connect_to(const char *name)
{
	char why[CONNECT_WHY_SIZE];
	const struct connect_settings settings = { .database = name, .program = "test", .limit = TIMEOUT };
	PGconn *made = postgres_connect(libpq, &settings, why);
	cr_assert_eq(libpq->PQstatus(made), CONNECTION_OK, "%s", why);
	return made;
}

/* Each test has a schema of its own, which takes less time than a database. */
static void
make_database(void)
{
	char sql[SQL_SIZE];
	const char *server = getenv("FTGATE_POSTGRES");
	cr_assert_not_null(server, "run it by tests/support/with_postgres.py");
	PGconn *first = connect_to(server);
	snprintf(sql, sizeof sql, "CREATE SCHEMA ftgate_%d", (int)getpid());
	run_sql(first, sql);
	libpq->PQfinish(first);
	snprintf(database, sizeof database, "%s&options=-csearch_path%%3Dftgate_%d", server, (int)getpid());
}

void
backend_make(void)
{
	char error[POSTGRES_ERROR_SIZE] = "";
	int before;
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND, 0600), NULL);
	libpq = libpq_load(error);
	cr_assert_not_null(libpq, "%s", error);
	make_database();
	connection = connect_to(database);
	cr_assert(postgres_migrate(libpq, connection, &before, error), "%s", error);
}

void
backend_remove(void)
{
	libpq->PQfinish(connection);
	folder_remove();
}

void
backend_turn(void)
{
	uv_run(&loop, UV_RUN_ONCE);
}

static void
close_handle(uv_handle_t *handle, void *context)
{
	(void)context;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

/* Ports that are still open use it. */
static void
end_loop(void)
{
	uv_walk(&loop, close_handle, NULL);
	uv_run(&loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&loop), 0);
}

static void
close_directory(struct directory *directory)
{
	end_loop();
	directory->ops = open_one.real;
	directory->ops->close(directory);
	ask_turn = NULL;
}

/* The number of the last change that has been committed. */
static uint64_t
last_change(void)
{
	PGresult *result = exec_sql(
	    &(struct exec) { .libpq = libpq, .connection = connection }, "SELECT max(number) FROM changes");
	cr_assert_eq(libpq->PQresultStatus(result), PGRES_TUPLES_OK, "%s", libpq->PQerrorMessage(connection));
	uint64_t number = strtoull(libpq->PQgetvalue(result, 0, 0), NULL, 10);
	libpq->PQclear(result);
	return number;
}

const struct stats_slot *
backend_stats(void)
{
	return &open_one.stats;
}

bool
backend_is_updated(void)
{
	return open_one.stats.records_change >= last_change();
}

/* If the directory keeps answers, it learns of all changes first. */
static struct directory *
updated(struct directory *directory)
{
	while (BACKEND_LIFETIME != 0 && !backend_is_updated())
		backend_turn();
	return directory;
}

static void
client(struct directory *directory, struct client_question *question)
{
	open_one.real->client(updated(directory), question);
}

static void
sender(struct directory *directory, struct sender_question *question)
{
	open_one.real->sender(updated(directory), question);
}

static void
recipient(struct directory *directory, struct recipient_question *question)
{
	open_one.real->recipient(updated(directory), question);
}

struct directory *
backend_directory(const struct directory_settings *settings)
{
	const struct postgres_settings how = {
		.database = database, .timeout = TIMEOUT, .lifetime = BACKEND_LIFETIME, .stats = &open_one.stats
	};
	memset(&open_one, 0, sizeof open_one);
	cr_assert_eq(uv_loop_init(&loop), 0);
	struct directory *directory = postgres_directory_new(libpq, &how, settings, &loop, &ask_executor);
	cr_assert_not_null(directory);
	open_one.directory = directory;
	open_one.real = directory->ops;
	open_one.ops = *directory->ops;
	open_one.ops.client = client;
	open_one.ops.sender = sender;
	open_one.ops.recipient = recipient;
	open_one.ops.close = close_directory;
	directory->ops = &open_one.ops;
	ask_turn = backend_turn;
	return directory;
}

/*
 * A greylisting store with a loop of its own, since tests open some in one process after another, and in its children.
 */
static struct {
	struct greylist_store_ops ops;
	const struct greylist_store_ops *real;
	uv_loop_t loop;
} greylisting;

static void
turn_greylist(void)
{
	uv_run(&greylisting.loop, UV_RUN_ONCE);
}

static void
close_greylist(struct greylist_store *store)
{
	uv_walk(&greylisting.loop, close_handle, NULL);
	uv_run(&greylisting.loop, UV_RUN_DEFAULT);
	cr_assert_eq(uv_loop_close(&greylisting.loop), 0);
	store->ops = greylisting.real;
	store->ops->close(store);
	ask_turn = NULL;
}

struct greylist_store *
backend_greylist(unsigned char secret[GREYLIST_SECRET_SIZE])
{
	static const unsigned char none[GREYLIST_SECRET_SIZE];
	const struct postgres_settings how = { .database = database, .timeout = TIMEOUT };
	cr_assert_eq(uv_loop_init(&greylisting.loop), 0);
	memset(secret, 0, GREYLIST_SECRET_SIZE);
	struct greylist_store *store = postgres_greylist_new(
	    libpq, &how, 256 << 20, secret, &greylisting.loop, &ask_executor);
	cr_assert_not_null(store);
	while (memcmp(secret, none, sizeof none) == 0)
		turn_greylist();
	greylisting.real = store->ops;
	greylisting.ops = *store->ops;
	greylisting.ops.close = close_greylist;
	store->ops = &greylisting.ops;
	ask_turn = turn_greylist;
	return store;
}

static bool loop_is_open; /* for the state that servers share */

struct shared_store *
backend_shared(void)
{
	const struct postgres_settings how = { .database = database, .timeout = TIMEOUT };
	if (!loop_is_open)
		cr_assert_eq(uv_loop_init(&loop), 0);
	loop_is_open = true;
	struct shared_store *store = postgres_shared_new(libpq, &how, &loop, &ask_executor);
	cr_assert_not_null(store);
	ask_turn = backend_turn;
	return store;
}

/* The first call ends the loop of all. */
void
backend_close_shared(struct shared_store *store)
{
	if (loop_is_open)
		end_loop();
	loop_is_open = false;
	store->ops->close(store);
}

void
backend_sql(const char *sql)
{
	run_sql(connection, sql);
}

bool
backend_refuses(const char *sql)
{
	PGresult *result = exec_sql(&(struct exec) { .libpq = libpq, .connection = connection }, sql);
	ExecStatusType status = libpq->PQresultStatus(result);
	libpq->PQclear(result);
	return status != PGRES_COMMAND_OK;
}

bool
backend_waits(const char *sql)
{
	PGconn *other = connect_to(database);
	run_sql(other, "SET lock_timeout = '50ms'");
	PGresult *result = exec_sql(&(struct exec) { .libpq = libpq, .connection = other }, sql);
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool waits = state != NULL && strcmp(state, "55P03") == 0;
	cr_expect(
	    waits || libpq->PQresultStatus(result) == PGRES_COMMAND_OK, "%s: %s", sql, libpq->PQerrorMessage(other));
	libpq->PQclear(result);
	libpq->PQfinish(other);
	return waits;
}

struct admin *
backend_admin(struct mailbox_store *mailboxes)
{
	char error[ADMIN_ERROR_SIZE];
	struct admin *admin = postgres_admin_open(database, mailboxes, error);
	cr_assert_not_null(admin, "%s", error);
	return admin;
}
