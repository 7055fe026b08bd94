/* Where trace reads the log: files, their rotated predecessors, standard input, the journal. */
#ifndef CMD_CTL_TRACE_SOURCE_H
#define CMD_CTL_TRACE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

enum { SOURCE_STAMP_SIZE = sizeof "2026-01-31T12:00:00.250Z" };

struct source;

/* The sources in the order in which they are read. All zero is none. */
struct sources {
	struct source *source;
	size_t count, room;
};

/*
 * Adds a source: a file and, oldest first, what was rotated away from it (FILE.1, FILE-20260131, also with .gz); "-",
 * standard input, which is copied into a file without a name; "journal", or "journal:FILE" for a journal file. Returns false
 * after it has printed its error.
 */
bool sources_add(struct sources *sources, const char *name);

/*
 * Called for each line, without its line feed; for an entry of the journal with its time, else with NULL. Lines beyond 64 KiB
 * are skipped.
 */
typedef void source_line(void *context, const char *stamp, const char *text, size_t len);

/* Reads all sources from their beginning. since: a time with which the journal may begin, or NULL. False after an error. */
bool sources_read(struct sources *sources, const char *since, source_line *line, void *context);

/* Writes the names of all with commas between, as many as fit in size octets with a NUL. */
void sources_names(const struct sources *sources, char *text, size_t size);

/* Closes all and frees the memory. */
void sources_close(struct sources *sources);

#endif
