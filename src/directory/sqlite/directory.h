/* The directory of a server, from the database of accounts. */
#ifndef DIRECTORY_SQLITE_DIRECTORY_H
#define DIRECTORY_SQLITE_DIRECTORY_H

#include "base/clock.h"
#include "directory/settings.h"
#include "port/directory.h"
#include "port/job.h"

/*
 * The directory that reads the database at path. Questions that take single rows are answered at once, by a transaction
 * that is kept open until the database changes, CLOCK_SOON at most: they see what was committed before, and most make
 * no system call. Lists are expanded and their members read by jobs, one at a time, over a connection of their own. If
 * the database is missing, locked or broken, questions fail, which is logged, and it is tried again each second.
 * settings NULL: the server has no postmaster of its own, and + has no meaning. NULL when memory is out. For the loop's
 * thread; clock and executor must outlive it.
 */
struct directory *sqlite_directory_new(
    const char *path, const struct directory_settings *settings, struct clock *clock, struct executor *executor);

#endif
