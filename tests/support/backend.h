/*
 * What the suites of the ports (unit/port_*.c) need of the database that they run on. Each backend has one file with
 * these functions, backend_NAME.c, and each suite is linked with each.
 */
#ifndef TESTS_SUPPORT_BACKEND_H
#define TESTS_SUPPORT_BACKEND_H

#include <stdbool.h>

#include "base/log/stats.h"
#include "directory/sqlite/directory.h"
#include "port/admin.h"
#include "port/directory.h"
#include "port/greylist.h"
#include "port/mailbox_store.h"
#include "port/shared_store.h"

/* Makes a database without records, in a folder of the test, and sends the log to the file "log" there. */
void backend_make(void);
void backend_remove(void);

/* Open the ports of the database. Each fails the test unless it succeeds; the result is freed by its ops->close(). */
struct directory *backend_directory(const struct directory_settings *settings);
struct admin *backend_admin(struct mailbox_store *mailboxes);
/* Writes the secret that it has for all servers to secret, if it has one. */
struct greylist_store *backend_greylist(unsigned char secret[GREYLIST_SECRET_SIZE]);

/* The state that servers share; PostgreSQL only. Each call opens the port anew. */
struct shared_store *backend_shared(void);
void backend_close_shared(struct shared_store *store);

/* Of PostgreSQL: the counts of the directory, and whether it has learned of all changes. */
const struct stats_slot *backend_stats(void);
bool backend_is_updated(void);

/* PostgreSQL only: runs the loop once. */
void backend_turn(void);

/*
 * Changes records past the ports, by SQL that all backends know: for records that the administration refuses to make.
 * The tables and columns have the same names in all. Fails the test unless it succeeds.
 */
void backend_sql(const char *sql);

/* Does the database refuse this change? */
bool backend_refuses(const char *sql);

/* PostgreSQL only: must the change, over another connection, wait for a transaction? If not, it is made. */
bool backend_waits(const char *sql);

#endif
