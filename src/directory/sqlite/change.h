/* Notices that another process has changed a database in WAL mode, without a system call. */
#ifndef DIRECTORY_SQLITE_CHANGE_H
#define DIRECTORY_SQLITE_CHANGE_H

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

enum { CHANGE_HEADER_WORDS = 12 }; /* of four octets */

/*
 * Each commit changes the first 48 octets of the WAL index, which is in the memory of all connections; SQLite compares
 * them itself when a transaction begins (https://sqlite.org/walformat.html, section 2.1). The memory is SQLite's, and is
 * had from the VFS: to open the file DATABASE-shm would be wrong, since closing it drops SQLite's locks. All zero is
 * closed.
 */
struct change_watch {
	const volatile uint32_t *index; /* NULL: closed */
	uint32_t noted[CHANGE_HEADER_WORDS];
};

/*
 * Watches a database that has been read from, until the connection is closed. If the index cannot be had, everything
 * counts as changed.
 */
void change_watch_open(struct change_watch *watch, sqlite3 *database);

/*
 * Notes the state. Must be called before a transaction begins. Returns whether there has been a commit since it was called
 * last.
 */
bool change_watch_note(struct change_watch *watch);

/* Has there been a commit since change_watch_note()? */
bool change_watch_is_changed(const struct change_watch *watch);

#endif
