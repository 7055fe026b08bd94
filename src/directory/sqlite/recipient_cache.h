/* Recent answers to questions about recipients, which hold for one state of the database. */
#ifndef DIRECTORY_SQLITE_RECIPIENT_CACHE_H
#define DIRECTORY_SQLITE_RECIPIENT_CACHE_H

#include "port/directory.h"

struct recipient_cache;

/* An empty cache, of some 100 KiB if it is full; NULL when memory is out. For one thread. */
struct recipient_cache *recipient_cache_new(void);
void recipient_cache_free(struct recipient_cache *cache);

/*
 * Sets question->recipient and *verdict if the address, in this spelling, was kept in this state; returns false
 * otherwise. state is what reader_state() returned for this question: all entries of another state are dropped.
 */
bool recipient_cache_find(struct recipient_cache *cache, uint64_t state, struct recipient_question *question,
    enum directory_verdict *verdict);

/*
 * Keeps the answer to a question that was not found, in place of another one. Answers that depend on the sender, and
 * FAILED, are not kept.
 */
void recipient_cache_keep(
    struct recipient_cache *cache, const struct recipient_question *question, enum directory_verdict verdict);

#endif
