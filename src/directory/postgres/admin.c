/* The administration of domains and accounts in PostgreSQL. */
#include "directory/postgres/admin.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/accounts_internal.h"
#include "directory/postgres/connect.h"
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

/* Connects; NULL with an error. Its cure goes to cure, if one is known; cure is NULL: to the end of the error. */
static PGconn *
connect_to(const struct libpq **libpq, const char *database, const char **cure, char error[ADMIN_ERROR_SIZE])
{
	char why[CONNECT_WHY_SIZE];
	const char *fault = postgres_setting_fault(database);
	if (fault != NULL) {
		/* TRANSLATORS: the name of a setting, and what is to be written. */
		snprintf(error, ADMIN_ERROR_SIZE, _("database: %s"), fault);
		return NULL;
	}
	*libpq = libpq_load(why);
	if (*libpq == NULL) {
		snprintf(error, ADMIN_ERROR_SIZE, "%s", why);
		return NULL;
	}
	PGconn *connection = connect_to_writable(*libpq, database, cure, why);
	if (connection == NULL)
		snprintf(error, ADMIN_ERROR_SIZE, _("cannot connect to the database: %s"), why);
	return connection;
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
is_read_only(const struct libpq *libpq, PGconn *connection)
{
	PGresult *result = libpq->PQexec(connection, "SHOW transaction_read_only");
	bool is = libpq->PQresultStatus(result) == PGRES_TUPLES_OK &&
	    strcmp(libpq->PQgetvalue(result, 0, 0), "on") == 0;
	libpq->PQclear(result);
	return is;
}

/* Writes why a statement failed. Returns EACCES if the role has no right to it, else EIO. */
static int
note_failure(const struct libpq *libpq, PGconn *connection, const PGresult *result, char error[ADMIN_ERROR_SIZE])
{
	char why[LIBPQ_ERROR_SIZE];
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	libpq_first_line(why, sizeof why, libpq->PQerrorMessage(connection));
	snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), why);
	return state != NULL && strcmp(state, LIBPQ_DENIED) == 0 ? EACCES : EIO;
}

/* Reads the version of the schema, 0 if it has not been made. Returns 0, or an errno with an error. */
static int
read_version(const struct libpq *libpq, PGconn *connection, long *version, char error[ADMIN_ERROR_SIZE])
{
	int failure = 0;
	PGresult *result = libpq->PQexec(connection, "SELECT version FROM ftgate_schema");
	bool read = libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	const char *state = libpq->PQresultErrorField(result, PG_DIAG_SQLSTATE);
	bool missing = state != NULL && strcmp(state, LIBPQ_UNDEFINED_TABLE) == 0;
	*version = read && !libpq->PQgetisnull(result, 0, 0) ? strtol(libpq->PQgetvalue(result, 0, 0), NULL, 10) : 0;
	if (!read && !missing)
		failure = note_failure(libpq, connection, result, error);
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
check_version(const struct libpq *libpq, PGconn *connection, char error[ADMIN_ERROR_SIZE])
{
	long version;
	int failure = read_version(libpq, connection, &version, error);
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
	const struct libpq *libpq;
	PGconn *connection = connect_to(&libpq, database, NULL, error);
	int failure = EIO;
	if (connection != NULL && (failure = check_version(libpq, connection, error)) == 0) {
		struct sql *sql = postgres_sql_new(libpq, connection);
		if (sql != NULL)
			return sql;
		failure = ENOMEM;
		snprintf(error, ADMIN_ERROR_SIZE, _("cannot open the accounts: %s"), strerror(ENOMEM));
	}
	if (connection != NULL)
		libpq->PQfinish(connection);
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
	const struct libpq *libpq;
	char why[POSTGRES_ERROR_SIZE];
	PGconn *connection = connect_to(&libpq, database, NULL, error);
	errno = EIO;
	if (connection == NULL)
		return false;
	*after = POSTGRES_VERSION;
	bool done = postgres_migrate(libpq, connection, before, why);
	int failure = errno;
	if (!done)
		put_failed_migration(why, failure, is_read_only(libpq, connection), error);
	libpq->PQfinish(connection);
	errno = failure;
	return done;
}

/* Returns 0, or an errno with an error. */
static int
find_postmasters(const struct libpq *libpq, PGconn *connection, const struct postgres_inspection *inspection,
    char error[ADMIN_ERROR_SIZE])
{
	PGresult *result = libpq->PQexec(connection, postmasters_query);
	bool read = libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	for (int i = 0; read && i < libpq->PQntuples(result); i++)
		inspection->postmaster(inspection->context, libpq->PQgetvalue(result, i, 0));
	int failure = read ? 0 : note_failure(libpq, connection, result, error);
	libpq->PQclear(result);
	return failure;
}

/* Returns 0, or an errno with an error. */
static int
find_missing_rights(const struct libpq *libpq, PGconn *connection, const struct postgres_inspection *inspection,
    char error[ADMIN_ERROR_SIZE])
{
	PGresult *result = postgres_find_missing_rights(libpq, connection, inspection->right, inspection->context);
	bool read = libpq->PQresultStatus(result) == PGRES_TUPLES_OK;
	int failure = read ? 0 : note_failure(libpq, connection, result, error);
	libpq->PQclear(result);
	return failure;
}

bool
postgres_admin_inspect(const char *database, struct postgres_inspection *inspection, char error[ADMIN_ERROR_SIZE])
{
	const struct libpq *libpq;
	const char *cure = NULL;
	long version = 0;
	PGconn *connection = connect_to(&libpq, database, &cure, error);
	inspection->version = 0;
	inspection->newest = POSTGRES_VERSION;
	inspection->read_only = false;
	inspection->cure = cure != NULL ? cure : _("start the database, or change the setting database");
	if (connection == NULL)
		return false;
	inspection->read_only = is_read_only(libpq, connection);
	int failure = find_missing_rights(libpq, connection, inspection, error);
	if (failure == 0)
		failure = read_version(libpq, connection, &version, error);
	if (failure == 0 && version != 0)
		failure = find_postmasters(libpq, connection, inspection, error);
	libpq->PQfinish(connection);
	inspection->version = (int)version;
	if (failure == EACCES)
		inspection->cure = postgres_admin_rights_cure();
	return failure == 0;
}
