/* The greylisting store, in a database file of its own that the workers of a server share. */
#ifndef DIRECTORY_SQLITE_GREYLIST_H
#define DIRECTORY_SQLITE_GREYLIST_H

#include "port/greylist_store.h"

#include <stddef.h>

/*
 * Keeps records in the file at path, which is made if it is missing, also while it is in use. It grows to max_size octets at
 * most, beside some megabytes of log; then records that have not passed yet are removed. Records survive a crash of the
 * process. If the file is locked for long, or broken, all calls fail, without waiting again in the same second. NULL when
 * memory is out.
 */
struct greylist_store *greylist_sqlite_new(const char *path, int64_t max_size);

#endif
