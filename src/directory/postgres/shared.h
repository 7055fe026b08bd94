/* What the servers of several machines keep together in PostgreSQL: counters, marks, leases. */
#ifndef DIRECTORY_POSTGRES_SHARED_H
#define DIRECTORY_POSTGRES_SHARED_H

#include <uv.h>

#include "directory/postgres/directory.h"
#include "port/shared_store.h"

/*
 * Opens a connection of its own, so that a statement that writes delays no look-up. Nothing is
 * logged while the database cannot be used: operations fail. NULL when memory is out, or with
 * the errno of libuv. The rest is as of postgres_directory_new().
 */
struct shared_store *postgres_shared_new(
    const struct libpq *libpq, const struct postgres_settings *settings, uv_loop_t *loop, struct executor *executor);

#endif
