/* Notices that another process has changed a database in WAL mode, without a system call. */
#include "directory/sqlite/change.h"

#include <stddef.h>

enum { INDEX_REGION = 32768 }; /* octets of the index that SQLite maps at a time */

void
change_watch_open(struct change_watch *watch, sqlite3 *database)
{
	sqlite3_file *file = NULL;
	void volatile *index = NULL;
	watch->index = NULL;
	if (sqlite3_file_control(database, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || file == NULL ||
	    file->pMethods == NULL || file->pMethods->iVersion < 2)
		return;
	if (file->pMethods->xShmMap(file, 0, INDEX_REGION, 0, &index) == SQLITE_OK)
		watch->index = index;
}

/* Each word is read once: a commit while this runs counts as one before it or after it. */
bool
change_watch_note(struct change_watch *watch)
{
	bool changed = watch->index == NULL;
	for (int i = 0; watch->index != NULL && i < CHANGE_HEADER_WORDS; i++) {
		uint32_t word = watch->index[i];
		changed |= watch->noted[i] != word;
		watch->noted[i] = word;
	}
	return changed;
}

bool
change_watch_is_changed(const struct change_watch *watch)
{
	if (watch->index == NULL)
		return true;
	for (int i = 0; i < CHANGE_HEADER_WORDS; i++)
		if (watch->noted[i] != watch->index[i])
			return true;
	return false;
}
