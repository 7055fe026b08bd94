/*
 * Shared by the two files of the directory: directory.c, which asks the
 * database, and sharing.c, which gives one answer to several questions.
 */
#ifndef DIRECTORY_POSTGRES_DIRECTORY_INTERNAL_H
#define DIRECTORY_POSTGRES_DIRECTORY_INTERNAL_H

#include "directory/postgres/changes.h"
#include "directory/postgres/directory.h"
#include "directory/postgres/kinds.h"

enum {
	UNDER_WAY = 1024,        /* lists of the questions that others can wait with */
	EXPECTATIONS_MAX = 1000, /* questions under way that nobody has asked yet */
	EXPECTED_SETS = 128,
	EXPECTED_PLACES = 8, /* of a set */
	UNSHARED = 1024,
};

struct inquiry;

struct postgres_directory {
	struct directory directory;
	struct pg pg;
	struct directory_settings addresses;
	int64_t lifetime, stale;    /* of answers, in milliseconds */
	struct answer_cache *cache; /* NULL: no answers are kept */
	struct changes changes;
	struct stats_slot *stats;
	struct inquiry *under_way[UNDER_WAY]; /* those whose answers are kept, by the hash of what they are about */
	unsigned expectations;                /* under way */
	/* The hashes of the last expected questions that were answered before a session asked them; 0: none. */
	uint64_t expected[EXPECTED_SETS][EXPECTED_PLACES];
	/* The hashes of questions whose last answers depended on their askers, each at its place; 0: none. */
	uint64_t unshared[UNSHARED];
	bool postmaster_logged;
};

/* A question while it is about to be answered. */
struct inquiry {
	struct facts facts;
	struct postgres_directory *directory;
	struct directory_question *question;
	const struct kind *kind;
	unsigned in_flight; /* requests */
	unsigned round_trips;
	bool failed;
	bool expected; /* no session has asked the question itself */
	/* if its answer is kept */
	bool kept;
	struct answer_key key;
	struct answer_subjects subjects;
	int64_t asked;
	struct inquiry *next;               /* in the list of those under way */
	struct directory_question *waiting; /* questions about the same that get its answer, too */
};

/*
 * Begins to answer a question, whose deadline the caller has set: a time of the
 * loop, in milliseconds. NULL: memory is out, and the question has been
 * answered. kind->want() may follow, then inquiry_run().
 */
struct inquiry *inquiry_begin(
    struct postgres_directory *directory, const struct kind *kind, struct directory_question *question);

/* Applies the rules, and asks the database for what they lack. Frees the inquiry if there is an answer. */
void inquiry_run(struct inquiry *inquiry);

/* Answers a question whose answer is not kept, by the deadline of the question. */
void inquiry_start(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question);

/* Gives a kept answer, or waits for that to the same question, or asks the database. */
void sharing_ask(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question);

/* Begins to find the answer about an address that a session is going to ask about. */
void sharing_expect(struct postgres_directory *directory, const struct address *address);

/* Is the question of this inquiry only expected, and does no other question wait for its answer? */
bool sharing_is_unasked(const struct inquiry *inquiry);

/*
 * Ends an inquiry whose answer is kept: keeps the answer, or sets an older one
 * if the question has failed. No other question can wait with it after that.
 */
void sharing_settle(struct inquiry *inquiry);

#endif
