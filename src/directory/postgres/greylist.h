/* The greylisting store that the servers of several machines share, in PostgreSQL. */
#ifndef DIRECTORY_POSTGRES_GREYLIST_H
#define DIRECTORY_POSTGRES_GREYLIST_H

#include <uv.h>

#include "directory/postgres/directory.h"
#include "port/greylist.h"

/*
 * Opens a connection of its own, so that a statement that writes delays no look-up. Each question is
 * one statement, and is answered on the loop. While the database cannot be used, questions fail at
 * once or at their deadline, so that mail passes; that is logged once. While the database estimates
 * that the records of all servers are larger than max_size octets, new mail passes without one. Writes
 * the secret of all servers of the database to secret as soon as it is known; until then questions
 * wait for it, and are asked again (GREYLIST_AGAIN). Expired records are removed as port/purging.h has
 * it. NULL when memory is out, or with the errno of libuv. The rest is as of postgres_directory_new().
 */
struct greylist_store *postgres_greylist_new(const struct libpq *libpq, const struct postgres_settings *settings,
    int64_t max_size, unsigned char secret[GREYLIST_SECRET_SIZE], uv_loop_t *loop, struct executor *executor);

#endif
