/* The envelope of a queue's entry as it is stored: a line each for what is known, in one order. */
#ifndef PORT_QUEUE_TEXT_H
#define PORT_QUEUE_TEXT_H

#include "port/queue_entry.h"

/* The words of enum dsn_return, of enum queue_state, and of the bits of enum dsn_notify; NULL at their end. */
extern const char *const queue_return_words[];
extern const char *const queue_state_words[];
extern const char *const queue_notify_words[];

/*
 * Writes all of an entry but its ID and claim, and replies beyond QUEUE_REPLIES_MAX octets. NULL with ENOMEM, or with EINVAL
 * if queue_text_read() would reject the text. An entry that is not claimed yet is a new one: it is also rejected if its text
 * could become too long by results, so that results can always be stored. The caller frees the result.
 */
char *queue_text_write(const struct queue_entry *entry, size_t *len);

/*
 * Reads that text into an empty entry. Returns false with EBADMSG if it is anything else, of another version, or cut; with
 * ENOMEM when memory is out. The entry then holds a part of it, and must be cleared.
 */
bool queue_text_read(struct queue_entry *entry, const char *text, size_t len);

#endif
