/* The administration of domains and accounts in PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_ADMIN_H
#define DIRECTORY_POSTGRES_ADMIN_H

#include "directory/postgres/rights.h"
#include "directory/sql.h"
#include "port/admin.h"
#include "port/mailbox_store.h"

/*
 * Opens the accounts of a database, whose setting is as postgres/setting.h has it. mailboxes makes the mailbox of each
 * new account and must outlive the result, which is freed by ops->close(). One program changes records at a time;
 * others wait for it, for EXEC_LOCK_LIMIT at most. So does each statement for its locks, and has EXEC_LIMIT. NULL
 * with an English sentence in error, also if the schema is of another version, and errno:
 * EACCES if the role has no right to read it.
 */
struct admin *postgres_admin_open(const char *database, struct mailbox_store *mailboxes, char error[ADMIN_ERROR_SIZE]);

/*
 * Opens a database for other statements than those on accounts. ops->close()
 * closes it. NULL with an English sentence in error and errno, as above.
 */
struct sql *postgres_admin_sql(const char *database, char error[ADMIN_ERROR_SIZE]);

/*
 * Brings the schema of a database to this version (postgres_migrate()). *before is the version it had, *after the one
 * it has. Returns false with an English sentence in error.
 */
bool postgres_admin_migrate(const char *database, int *before, int *after, char error[ADMIN_ERROR_SIZE]);

/* The callbacks and the results of postgres_admin_inspect(). */
struct postgres_inspection {
	void (*postmaster)(void *context, const char *domain); /* as postmasters_missing() calls it */
	rights_missing_fn *right;
	void *context;
	bool greylists;   /* the servers greylist mail */
	int version;      /* of the schema; 0: it has none */
	int newest;       /* that is known */
	bool read_only;   /* no host of the setting can be changed */
	const char *cure; /* of the error */
};

/*
 * Looks at a database: which rights of servers its role lacks, the version of its schema and, if there are tables, the
 * domains with no postmaster of their own. Each statement has EXEC_INSPECT_LIMIT. Returns false with an English
 * sentence in error, without its cure.
 */
bool postgres_admin_inspect(const char *database, struct postgres_inspection *inspection, char error[ADMIN_ERROR_SIZE]);

/* The cures: for a role without rights to the tables, and for a schema that is missing or older than this program. */
const char *postgres_admin_rights_cure(void);
const char *postgres_admin_schema_cure(void);

/* What is wrong with a database that cannot be changed, and its cure. */
const char *postgres_admin_read_only(void);
const char *postgres_admin_read_only_cure(void);

#endif
