/* The administration of domains and accounts in PostgreSQL. */
#include "directory/postgres/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"
#include "directory/postgres/connect.h"
#include "directory/postgres/exec.h"
#include "directory/postgres/libpq.h"
#include "directory/postgres/schema.h"
#include "directory/postgres/setting.h"
#include "directory/postgres/sql.h"
#include "directory/postmasters.h"

enum { LIMIT = 10000 }; /* milliseconds to connect */

/*
 * Connects to the first host that can be changed; if there is none, to the first
 * one that can be read. NULL with an error.
 */
static PGconn *
connect_to_writable(const struct libpq *libpq, const char *database, const char **cure, char why[CONNECT_WHY_SIZE])
{
	static const char *const sessions[] = { "read-write", NULL };
	for (size_t i = 0; i < sizeof sessions / sizeof *sessions; i++) {
		const struct connect_settings settings = { .database = database,
			.program = "ftgatectl",
			.session = sessions[i],
			.cure = cure,
			.limit = LIMIT };
		PGconn *connection = postgres_connect(libpq, &settings, why);
		if (libpq->PQstatus(connection) == CONNECTION_OK)
			return connection;
		libpq->PQfinish(connection);
	}
	return NULL;
}

/* Connects, for statements that may take so long; false with an error, and its cure if one is known. */
static bool
connect_to(struct exec *exec, const char *database, int64_t limit, const char **cure, char error[ADMIN_ERROR_SIZE])
{
	char why[CONNECT_WHY_SIZE];
	const char *fault = postgres_setting_fault(database);
	if (fault != NULL) {
		/* TRANSLATORS: the name of a setting, and what is to be written. */
		snprintf(error, ADMIN_ERROR_SIZE, _("database: %s"), fault);
		return false;
	}
	*exec = (struct exec) { .libpq = libpq_load(why), .limit = limit };
	if (exec->libpq == NULL) {
		snprintf(error, ADMIN_ERROR_SIZE, "%s", why);
		return false;
	}
	exec->connection = connect_to_writable(exec->libpq, database, cure, why);
	if (exec->connection == NULL)
		snprintf(error, ADMIN_ERROR_SIZE, _("cannot connect to the database: %s"), why);
	return exec->connection != NULL;
}

/* The same with the cure at the end of the error. */
static bool
connect_to_change(struct exec *exec, const char *database, char error[ADMIN_ERROR_SIZE])
{
	const char *cure = NULL;
	if (connect_to(exec, database, EXEC_LIMIT, &cure, error))
		return true;
	size_t len = strlen(error);
	if (cure != NULL)
		snprintf(error + len, ADMIN_ERROR_SIZE - len, "; %s", cure);
	return false;
}

const char *
postgres_admin_rights_cure(void)
{
	return _("run the GRANTs of docs/postgres.md, or name by -c the configuration of the owner of the tables");
}

const char *
postgres_admin_schema_cure(void)
{
	return _("as the owner of the tables, run: ftgatectl -c FILE database migrate");
}

const char *
postgres_admin_read_only(void)
{
	return _("the database can only be read (a replica)");
}

const char *
postgres_admin_read_only_cure(void)
{
	return _("start the primary, or promote the replica");
}

static bool
is_read_only(const struct exec *exec)
{
	PGresult *result = exec_statement(exec, "SHOW transaction_read_only", NULL);
	bool is = exec->libpq->PQresultStatus(result) == PGRES_TUPLES_OK &&
	    strcmp(exec->libpq->PQgetvalue(result, 0, 0), "on") == 0;
	exec->libpq->PQclear(result);
	return is;
}

/* Writes why a statement failed. Returns EACCES if the role has no right to it, EBUSY if it waited for a lock, else EIO. */
static int
note_failure(const struct exec *exec, const PGresult *result, char error[ADMIN_ERROR_SIZE])
{
	char why[LIBPQ_ERROR_SIZE];
	const char *state = exec->libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	libpq_first_line(why, sizeof why, exec_why(exec, result));
	snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), why);
	if (state != NULL && strcmp(state, LIBPQ_DENIED) == 0)
		return EACCES;
	return state != NULL && strcmp(state, LIBPQ_LOCKED) == 0 ? EBUSY : EIO;
}

/* Reads the version of the schema, 0 if it has not been made. Returns 0, or an errno with an error. */
static int
read_version(const struct exec *exec, long *version, char error[ADMIN_ERROR_SIZE])
{
	const struct libpq *libpq = exec->libpq;
	int failure = 0;
	PGresult *result = exec_statement(exec, "SELECT version FROM ftgate_schema", NULL);
	bool read = libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool missing = state != NULL && strcmp(state, LIBPQ_UNDEFINED_TABLE) == 0;
	*version = read && !libpq->PQgetisnull(result, 0, 0) ? strtol(libpq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
	if (!read && !missing)
		failure = note_failure(exec, result, error);
	libpq->PQclear(result);
	return failure;
}

static void
put_old_schema(long version, char error[ADMIN_ERROR_SIZE])
{
	snprintf(error, ADMIN_ERROR_SIZE, _("the directory has the schema %d; this version has %d"), (int)version,
	    POSTGRES_VERSION);
	size_t len = strlen(error);
	snprintf(error + len, ADMIN_ERROR_SIZE - len, "; %s", postgres_admin_schema_cure());
}

/* Is the schema that of this program? Returns 0, or an errno with an error. */
static int
check_version(const struct exec *exec, char error[ADMIN_ERROR_SIZE])
{
	long version;
	int failure = read_version(exec, &version, error);
	size_t len = failure != 0 ? strlen(error) : 0;
	if (failure == EACCES)
		snprintf(error + len, ADMIN_ERROR_SIZE - len, "; %s", postgres_admin_rights_cure());
	if (failure != 0 || version == POSTGRES_VERSION)
		return failure;
	if (version > POSTGRES_VERSION)
		snprintf(error, ADMIN_ERROR_SIZE,
		    _("the database has version %ld, this program knows %d: install a newer ftgate"), version,
		    POSTGRES_VERSION);
	else
		put_old_schema(version, error);
	return EIO;
}

struct sql *
postgres_admin_sql(const char *database, char error[ADMIN_ERROR_SIZE])
{
	struct exec exec = { .connection = NULL };
	int failure = EIO;
	bool connected = connect_to_change(&exec, database, error);
	if (connected && (failure = check_version(&exec, error)) == 0) {
		struct sql *sql = postgres_sql_new(&exec);
		if (sql != NULL)
			return sql;
		failure = ENOMEM;
		snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), strerror(ENOMEM));
	}
	if (connected)
		exec.libpq->PQfinish(exec.connection);
	errno = failure;
	return NULL;
}

struct admin *
postgres_admin_open(const char *database, struct mailbox_store *mailboxes, char error[ADMIN_ERROR_SIZE])
{
	struct sql *sql = postgres_admin_sql(database, error);
	struct admin *admin = sql != NULL ? accounts_new(sql, mailboxes) : NULL;
	if (sql == NULL || admin != NULL)
		return admin;
	snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), strerror(ENOMEM));
	sql->ops->close(sql);
	return NULL;
}

static void
put_failed_migration(const char *why, int failure, bool read_only, char error[ADMIN_ERROR_SIZE])
{
	snprintf(error, ADMIN_ERROR_SIZE, _("the database cannot be migrated: %s"), why);
	size_t len = strlen(error);
	if (read_only)
		snprintf(error + len, ADMIN_ERROR_SIZE - len, "; %s; %s", postgres_admin_read_only(),
		    postgres_admin_read_only_cure());
	else if (failure == EACCES)
		snprintf(error + len, ADMIN_ERROR_SIZE - len, "; %s", postgres_admin_schema_cure());
}

bool
postgres_admin_migrate(const char *database, int *before, int *after, char error[ADMIN_ERROR_SIZE])
{
	struct exec exec;
	char why[POSTGRES_ERROR_SIZE];
	bool connected = connect_to_change(&exec, database, error);
	errno = EIO;
	if (!connected)
		return false;
	*after = POSTGRES_VERSION;
	bool done = postgres_migrate(exec.libpq, exec.connection, before, why);
	int failure = errno;
	if (!done)
		put_failed_migration(why, failure, is_read_only(&exec), error);
	exec.libpq->PQfinish(exec.connection);
	errno = failure;
	return done;
}

/* Returns 0, or an errno with an error. */
static int
find_postmasters(const struct exec *exec, const struct postgres_inspection *inspection, char error[ADMIN_ERROR_SIZE])
{
	const struct libpq *libpq = exec->libpq;
	PGresult *result = exec_statement(exec, postmasters_query, NULL);
	bool read = libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	for (int i = 0; read && i < libpq->PQntuples(result); i++)
		inspection->postmaster(inspection->context, libpq->PQgetvalue(result, i, 0));
	int failure = read ? 0 : note_failure(exec, result, error);
	libpq->PQclear(result);
	return failure;
}

/* Returns 0, or an errno with an error. */
static int
find_missing_rights(const struct exec *exec, const struct postgres_inspection *inspection, char error[ADMIN_ERROR_SIZE])
{
	PGresult *result = postgres_find_missing_rights(
	    exec, inspection->greylists, inspection->right, inspection->context);
	bool read = exec->libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	int failure = read ? 0 : note_failure(exec, result, error);
	exec->libpq->PQclear(result);
	return failure;
}

bool
postgres_admin_inspect(const char *database, struct postgres_inspection *inspection, char error[ADMIN_ERROR_SIZE])
{
	struct exec exec;
	const char *cure = NULL;
	long version = 0;
	bool connected = connect_to(&exec, database, EXEC_INSPECT_LIMIT, &cure, error);
	inspection->version = 0;
	inspection->newest = POSTGRES_VERSION;
	inspection->read_only = false;
	inspection->cure = cure != NULL ? cure : _("start the database, or change the setting database");
	if (!connected)
		return false;
	int failure = find_missing_rights(&exec, inspection, error);
	if (failure == 0)
		failure = read_version(&exec, &version, error);
	if (failure == 0 && version != 0)
		failure = find_postmasters(&exec, inspection, error);
	inspection->read_only = is_read_only(&exec);
	exec.libpq->PQfinish(exec.connection);
	inspection->version = (int)version;
	if (failure == EACCES)
		inspection->cure = postgres_admin_rights_cure();
	if (failure == EBUSY)
		inspection->cure = _("another program keeps the accounts locked; try again");
	return failure == 0;
}
