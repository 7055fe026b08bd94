/* One answer of PostgreSQL for several questions: it is kept, or they wait for it together. */
#include <stdlib.h>
#include <string.h>

#include "directory/postgres/connection_internal.h"
#include "directory/postgres/directory_internal.h"

/* A question about a recipient that a session is going to ask. Until then only the cache gets the answer. */
struct expectation {
	struct recipient_question question;
	struct postgres_directory *directory;
};

static void
forget_expectation(struct directory_question *question)
{
	struct expectation *expectation = (struct expectation *)(void *)question;
	expectation->directory->expectations--;
	free(expectation);
}

bool
sharing_is_unasked(const struct inquiry *inquiry)
{
	return inquiry->expected && inquiry->waiting == NULL;
}

/* Is this the first question about an expected recipient? It counts as asked of the database. */
static bool
take_expected(struct postgres_directory *directory, const struct answer_key *key)
{
	uint64_t *set = directory->expected[key->hash % EXPECTED_SETS];
	for (size_t i = 0; i < EXPECTED_PLACES; i++) {
		if (set[i] != key->hash)
			continue;
		set[i] = 0;
		return true;
	}
	return false;
}

static void
note_expected(struct postgres_directory *directory, const struct answer_key *key)
{
	uint64_t *set = directory->expected[key->hash % EXPECTED_SETS];
	memmove(set + 1, set, (EXPECTED_PLACES - 1) * sizeof *set);
	set[0] = key->hash;
}

/* Did the last answer to this question depend on its asker? Then it is of no use to ask it for another session. */
static bool
is_unshared(const struct postgres_directory *directory, const struct answer_key *key)
{
	return directory->unshared[key->hash % UNSHARED] == key->hash;
}

static void
note_shared(struct postgres_directory *directory, const struct answer_key *key, bool shared)
{
	if (!shared)
		directory->unshared[key->hash % UNSHARED] = key->hash;
	else if (is_unshared(directory, key))
		directory->unshared[key->hash % UNSHARED] = 0;
}

/*
 * Gives a kept answer. Returns false if none may be given: while the database
 * is away, a recipient that an old answer refuses may have been added.
 */
static bool
find_kept(struct postgres_directory *directory, const struct kind *kind, const struct answer_key *key, bool failed,
    struct directory_question *question)
{
	bool stale = failed || !directory->changes.known;
	int64_t horizon = changes_horizon(&directory->changes, directory->lifetime, directory->stale, failed);
	if (horizon == INT64_MAX || !kind->kept->find(directory->cache, key, horizon, question))
		return false;
	if (stale && question->verdict != DIRECTORY_FOUND) {
		question->verdict = DIRECTORY_FAILED;
		return false;
	}
	question->detail[0] = '\0';
	enum stats_item from = take_expected(directory, key) ? STAT_ANSWERS_ASKED : STAT_ANSWERS_KEPT;
	stats_add(directory->stats, stale ? STAT_ANSWERS_STALE : from, 1);
	return true;
}

static struct inquiry **
list_of(struct postgres_directory *directory, const struct answer_key *key)
{
	return &directory->under_way[key->hash % UNDER_WAY];
}

static void
forget_under_way(struct inquiry *inquiry)
{
	struct inquiry **at = list_of(inquiry->directory, &inquiry->key);
	while (*at != inquiry)
		at = &(*at)->next;
	*at = inquiry->next;
}

void
sharing_settle(struct inquiry *inquiry)
{
	struct postgres_directory *directory = inquiry->directory;
	struct directory_question *question = inquiry->question;
	bool failed = question->verdict == DIRECTORY_FAILED, unasked = sharing_is_unasked(inquiry);
	forget_under_way(inquiry);
	changes_answered(&directory->changes, failed);
	if (failed && (unasked || find_kept(directory, inquiry->kind, &inquiry->key, true, question)))
		return;
	if (!unasked)
		stats_add(directory->stats, STAT_ANSWERS_ASKED, 1);
	bool shared = inquiry->kind->kept->is_shared(question);
	if (shared || question->verdict == DIRECTORY_FOUND)
		note_shared(directory, &inquiry->key, shared);
	if (!shared)
		return;
	inquiry->kind->kept->keep(directory->cache, &inquiry->key, &inquiry->subjects, inquiry->asked, question);
	if (unasked)
		note_expected(directory, &inquiry->key);
}

/* An earlier question with the same key, whose answer may be shared, unless the records have changed since. */
static struct inquiry *
find_under_way(struct postgres_directory *directory, const struct answer_key *key)
{
	struct inquiry *inquiry = is_unshared(directory, key) ? NULL : *list_of(directory, key);
	while (inquiry != NULL && !answer_key_equal(&inquiry->key, key))
		inquiry = inquiry->next;
	return inquiry != NULL && answer_cache_holds(directory->cache, &inquiry->subjects) ? inquiry : NULL;
}

static void
wait_with(struct inquiry *inquiry, struct directory_question *question)
{
	if (!sharing_is_unasked(inquiry)) /* that is counted when it is answered */
		stats_add(inquiry->directory->stats, STAT_ANSWERS_KEPT, 1);
	question->next = inquiry->waiting;
	inquiry->waiting = question;
}

/* Asks the database, and keeps the answer. */
static void
start_kept(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question,
    const struct answer_key *key, bool expected)
{
	struct inquiry *inquiry = inquiry_begin(directory, kind, question);
	if (inquiry == NULL)
		return;
	inquiry->expected = expected;
	inquiry->kept = kind->kept->depend(directory->cache, &directory->addresses, question, &inquiry->subjects);
	if (inquiry->kept) {
		inquiry->key = *key;
		inquiry->asked = pg_now(&directory->pg);
		inquiry->next = *list_of(directory, key);
		*list_of(directory, key) = inquiry;
	}
	kind->want(&inquiry->facts, question);
	inquiry_run(inquiry);
}

void
sharing_ask(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
{
	struct answer_key key;
	question->deadline = pg_deadline(&directory->pg);
	if (directory->cache == NULL || !kind->kept->identify(question, &key)) {
		inquiry_start(directory, kind, question);
		return;
	}
	answer_key_end(directory->cache, &key);
	if (find_kept(directory, kind, &key, false, question)) {
		directory_answer(question, question->verdict);
		return;
	}
	struct inquiry *inquiry = find_under_way(directory, &key);
	if (inquiry != NULL)
		wait_with(inquiry, question);
	else
		start_kept(directory, kind, question, &key, false);
}

/* No, if the answer will not be kept, is kept already, or is under way. */
static bool
may_expect(struct postgres_directory *directory, struct directory_question *question, struct answer_key *key)
{
	const struct kept_kind *kept = kind_recipients.kept;
	int64_t horizon = changes_horizon(&directory->changes, directory->lifetime, directory->stale, false);
	if (horizon == INT64_MAX || !kept->identify(question, key))
		return false;
	answer_key_end(directory->cache, key);
	return !is_unshared(directory, key) && !kept->find(directory->cache, key, horizon, question) &&
	    find_under_way(directory, key) == NULL;
}

void
sharing_expect(struct postgres_directory *directory, const struct address *address)
{
	struct answer_key key;
	if (directory->cache == NULL || !directory->changes.known || directory->expectations == EXPECTATIONS_MAX)
		return;
	struct expectation *expectation = calloc(1, sizeof *expectation);
	if (expectation == NULL)
		return;
	*expectation = (struct expectation) {
		.question = { .base = { .done = forget_expectation, .deadline = pg_deadline(&directory->pg) },
		    .address = *address },
		.directory = directory,
	};
	directory->expectations++;
	if (may_expect(directory, &expectation->question.base, &key))
		start_kept(directory, &kind_recipients, &expectation->question.base, &key, true);
	else
		forget_expectation(&expectation->question.base);
}
