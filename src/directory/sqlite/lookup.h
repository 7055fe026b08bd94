/* Reads the records of a database of SQLite, as the answers to questions need them. */
#ifndef DIRECTORY_SQLITE_LOOKUP_H
#define DIRECTORY_SQLITE_LOOKUP_H

#include "directory/lookup.h"
#include "directory/sqlite/reader.h"

struct sqlite_lookup {
	struct lookup lookup;
	struct reader *reader;
};

/* Both must outlive the lookup. */
void sqlite_lookup_open(struct sqlite_lookup *lookup, struct reader *reader, const struct directory_settings *settings);

#endif
