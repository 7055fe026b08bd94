/*
 * Which answers are kept (directory/answer_cache.h): the key of a question, and the records that its answer depends on.
 */
#ifndef DIRECTORY_POSTGRES_KEPT_H
#define DIRECTORY_POSTGRES_KEPT_H

#include "directory/answer_cache.h"
#include "directory/settings.h"
#include "port/directory.h"

/* The questions of one kind. */
struct kept_kind {
	/* Writes the key of the question, without its hash. False: the answer depends on more, and is not kept. */
	bool (*identify)(const struct directory_question *question, struct answer_key *key);
	/* Adds the subjects that the answer depends on. False: memory is out. */
	bool (*depend)(const struct answer_cache *cache, const struct directory_settings *settings,
	    const struct directory_question *question, struct answer_subjects *subjects);
	/* Sets answer and verdict, if there is one that was asked at a time or later. */
	bool (*find)(const struct answer_cache *cache, const struct answer_key *key, int64_t not_before,
	    struct directory_question *question);
	/* May the answer to this question be given to other questions with the same key? */
	bool (*is_shared)(const struct directory_question *question);
	/* Keeps the answer, which is shared, with its verdict. */
	void (*keep)(struct answer_cache *cache, const struct answer_key *key, const struct answer_subjects *subjects,
	    int64_t time, const struct directory_question *question);
	/* Copies an answer to another question with the same key. */
	void (*copy)(struct directory_question *to, const struct directory_question *from);
};

extern const struct kept_kind kept_clients, kept_senders, kept_recipients;

#endif
