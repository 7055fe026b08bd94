/* The directory of a server, from the database of accounts. */
#ifndef DIRECTORY_SQLITE_DIRECTORY_H
#define DIRECTORY_SQLITE_DIRECTORY_H

#include "base/clock.h"
#include "port/directory.h"

/*
 * The directory that reads the database at path. A look-up reads from a transaction that is kept open for CLOCK_SOON,
 * so it makes no system call as long as one is open, and changes are seen after that time at the latest. A database that
 * is missing, locked or broken makes look-ups fail, is logged, and tried again each second. NULL when memory is out.
 * For the loop's thread; clock must outlive it.
 */
struct directory *sqlite_directory_new(const char *path, struct clock *clock);

#endif
