/* Shared by the files of the queue: the names in its folder, and the writing of envelopes. */
#ifndef QUEUE_FOLDER_H
#define QUEUE_FOLDER_H

#include <dirent.h>

#include "queue/queue.h"

#define QUEUE_RUN "run"

enum { QUEUE_PATH_SIZE = QUEUE_ID_SIZE + 32 };

/* The files of an entry, below the queue's folder: their final paths, and those of files that are being written. */
struct queue_paths {
	char envelope[QUEUE_PATH_SIZE], message[QUEUE_PATH_SIZE];
	char tmp_envelope[QUEUE_PATH_SIZE], tmp_message[QUEUE_PATH_SIZE];
};
struct queue_paths queue_paths(const char *id);

/* Can this be an ID? Takes one off the name of a message. */
bool queue_is_id(const char *text, size_t len);
bool queue_id_of_message(char id[QUEUE_ID_SIZE], const char *file);

/* Opens the folder or one below it to read its entries; NULL with errno. */
DIR *queue_open_entries(const struct queue *queue, const char *name);

/* Writes the envelope to tmp/, synced and locked. Returns its descriptor, or -1 with errno. */
int queue_write_envelope(const struct queue *queue, const struct queue_entry *entry);

#endif
