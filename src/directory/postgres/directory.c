/* The directory of a server, from PostgreSQL. */
#include "directory/postgres/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/changes.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/kinds.h"
#include "directory/postgres/statements.h"

enum {
	UNDER_WAY = 1024,        /* lists of the questions that others can wait with */
	EXPECTATIONS_MAX = 1000, /* questions under way that nobody has asked yet */
	EXPECTED_SETS = 128,
	EXPECTED_PLACES = 8, /* of a set */
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
	bool postmaster_logged;
};

/* A statement that has been asked. */
struct request {
	struct pg_query query;
	struct inquiry *inquiry;
	struct facts_request parts;
};

/* A question while it is about to be answered. */
struct inquiry {
	struct facts facts;
	struct postgres_directory *directory;
	struct directory_question *question;
	const struct kind *kind;
	unsigned in_flight; /* requests */
	unsigned round_trips;
	int64_t deadline; /* of all its round trips */
	bool failed;
	/* if its answer is kept */
	bool kept;
	struct answer_key key;
	struct answer_subjects subjects;
	int64_t asked;
	struct inquiry *next;               /* in the list of those under way */
	struct directory_question *waiting; /* questions about the same that get its answer, too */
};

static struct postgres_directory *
own(struct directory *directory)
{
	return (struct postgres_directory *)directory;
}

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

/* Is the question of this inquiry only expected, and does no other question wait for its answer? */
static bool
is_unasked(const struct inquiry *inquiry)
{
	return inquiry->question->done == forget_expectation && inquiry->waiting == NULL;
}

/* Logs once that the setting is of no use; its mail is delivered as without it. */
static void
log_postmaster(struct postgres_directory *directory, const struct lookup *lookup)
{
	if (directory->postmaster_logged || !lookup->no_postmaster)
		return;
	directory->postmaster_logged = true;
	log_event("directory-misconfigured", "detail",
	    "the address of the setting postmaster is no account, alias or list here", NULL);
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

/* Keeps an answer, or finds an older one if the question has failed. */
static void
settle(struct inquiry *inquiry)
{
	struct postgres_directory *directory = inquiry->directory;
	struct directory_question *question = inquiry->question;
	bool failed = question->verdict == DIRECTORY_FAILED, unasked = is_unasked(inquiry);
	changes_answered(&directory->changes, failed);
	if (failed && (unasked || find_kept(directory, inquiry->kind, &inquiry->key, true, question)))
		return;
	if (!unasked)
		stats_add(directory->stats, STAT_ANSWERS_ASKED, 1);
	if (!inquiry->kind->kept->is_shared(question))
		return;
	inquiry->kind->kept->keep(directory->cache, &inquiry->key, &inquiry->subjects, inquiry->asked, question);
	if (unasked)
		note_expected(directory, &inquiry->key);
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

static void start(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question);

/*
 * Gives the answer to the questions that waited with it. If the answer depends
 * on the asker, each question is asked by itself.
 */
static void
answer_all(struct postgres_directory *directory, const struct kind *kind, struct directory_question *first,
    struct directory_question *waiting)
{
	bool failed = first->verdict == DIRECTORY_FAILED || first->verdict == DIRECTORY_MISCONFIGURED;
	bool shared = failed || waiting == NULL || kind->kept->is_shared(first);
	for (struct directory_question *one = waiting; one != NULL && shared; one = one->next) {
		kind->kept->copy(one, first);
		one->verdict = first->verdict;
		memcpy(one->detail, first->detail, sizeof one->detail);
	}
	directory_answer(first, first->verdict);
	for (struct directory_question *next; waiting != NULL; waiting = next) {
		next = waiting->next;
		if (shared)
			directory_answer(waiting, waiting->verdict);
		else
			start(directory, kind, waiting);
	}
}

static void
answer(struct inquiry *inquiry, enum directory_verdict verdict, const char *detail)
{
	struct postgres_directory *directory = inquiry->directory;
	struct directory_question *question = inquiry->question, *waiting = inquiry->waiting;
	const struct kind *kind = inquiry->kind;
	question->verdict = verdict;
	if (detail != NULL)
		snprintf(question->detail, sizeof question->detail, "%s", detail);
	if (verdict == DIRECTORY_MISCONFIGURED && !is_unasked(inquiry))
		log_event("directory-misconfigured", "detail", question->detail, NULL);
	log_postmaster(directory, &inquiry->facts.lookup);
	if (inquiry->kept) {
		settle(inquiry);
		forget_under_way(inquiry);
	}
	facts_close(&inquiry->facts);
	free(inquiry);
	answer_all(directory, kind, question, waiting);
}

static void
fail(struct inquiry *inquiry, const char *why)
{
	answer(inquiry, DIRECTORY_FAILED, why);
}

static void run(struct inquiry *inquiry);

static void
answered(struct pg_query *query, PGresult *result)
{
	struct request *request = (struct request *)(void *)query;
	struct inquiry *inquiry = request->inquiry;
	if (result != NULL)
		facts_answer(&inquiry->facts, &request->parts, result);
	else
		inquiry->failed = true;
	facts_request_free(&request->parts);
	free(request);
	if (--inquiry->in_flight > 0)
		return;
	if (inquiry->failed)
		fail(inquiry, pg_trouble(&inquiry->directory->pg));
	else
		run(inquiry);
}

static struct request *
new_request(struct inquiry *inquiry)
{
	struct request *request = calloc(1, sizeof *request);
	if (request == NULL)
		inquiry->facts.failed = true;
	else
		request->inquiry = inquiry;
	return request;
}

static void
send_request(struct request *request)
{
	request->query.statement = request->parts.statement;
	request->query.count = request->parts.count;
	for (int i = 0; i < request->parts.count; i++)
		request->query.values[i] = request->parts.values[i];
	request->query.columns = postgres_columns[request->parts.statement];
	request->query.done = answered;
	request->inquiry->in_flight++;
	pg_ask(&request->inquiry->directory->pg, &request->query, request->inquiry->deadline);
}

/* Asks for all that is wanted: answers do not come before this has returned. */
static void
ask(struct inquiry *inquiry)
{
	inquiry->facts.wanting = false;
	inquiry->round_trips++;
	for (enum postgres_statement statement = STATEMENT_NAMES; statement < STATEMENTS; statement++) {
		struct request *request = new_request(inquiry);
		if (request == NULL)
			return;
		if (facts_request(&inquiry->facts, statement, &request->parts))
			send_request(request);
		else
			free(request);
	}
}

/* Runs the rules, and asks for what they miss. */
static void
run(struct inquiry *inquiry)
{
	struct facts *facts = &inquiry->facts;
	inquiry->question->detail[0] = '\0';
	enum directory_verdict verdict = inquiry->kind->find(&facts->lookup, inquiry->question);
	if (facts->wanting && facts->truncated) {
		answer(inquiry, DIRECTORY_MISCONFIGURED, "an alias or a list leads to too many addresses");
		return;
	}
	if (facts->wanting && inquiry->round_trips < POSTGRES_ROUND_TRIPS_MAX && !facts->failed) {
		ask(inquiry);
		if (inquiry->in_flight > 0)
			return;
	}
	if (facts->wanting || facts->failed)
		fail(inquiry, facts->failed ? "memory is out" : "it takes too many round trips");
	else
		answer(inquiry, verdict, verdict == DIRECTORY_FAILED ? facts->trouble : NULL);
}

static struct inquiry *
begin(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
{
	struct inquiry *inquiry = calloc(1, sizeof *inquiry);
	question->detail[0] = '\0';
	if (inquiry == NULL) {
		snprintf(question->detail, sizeof question->detail, "memory is out");
		directory_answer(question, DIRECTORY_FAILED);
		return NULL;
	}
	facts_open(&inquiry->facts, directory->pg.libpq, &directory->addresses);
	inquiry->directory = directory;
	inquiry->question = question;
	inquiry->kind = kind;
	inquiry->deadline = pg_deadline(&directory->pg);
	return inquiry;
}

static void
start(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
{
	struct inquiry *inquiry = begin(directory, kind, question);
	if (inquiry == NULL)
		return;
	if (kind->want != NULL)
		kind->want(&inquiry->facts, question);
	run(inquiry);
}

/* An earlier question with the same key, unless the records have changed since. */
static struct inquiry *
find_under_way(struct postgres_directory *directory, const struct answer_key *key)
{
	struct inquiry *inquiry = *list_of(directory, key);
	while (inquiry != NULL && !answer_key_equal(&inquiry->key, key))
		inquiry = inquiry->next;
	return inquiry != NULL && answer_cache_holds(directory->cache, &inquiry->subjects) ? inquiry : NULL;
}

static void
wait_with(struct inquiry *inquiry, struct directory_question *question)
{
	if (!is_unasked(inquiry)) /* that is counted when it is answered */
		stats_add(inquiry->directory->stats, STAT_ANSWERS_KEPT, 1);
	question->next = inquiry->waiting;
	inquiry->waiting = question;
}

/* Asks the database, and keeps the answer. */
static void
start_kept(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question,
    const struct answer_key *key)
{
	struct inquiry *inquiry = begin(directory, kind, question);
	if (inquiry == NULL)
		return;
	inquiry->kept = kind->kept->depend(directory->cache, &directory->addresses, question, &inquiry->subjects);
	if (inquiry->kept) {
		inquiry->key = *key;
		inquiry->asked = pg_now(&directory->pg);
		inquiry->next = *list_of(directory, key);
		*list_of(directory, key) = inquiry;
	}
	kind->want(&inquiry->facts, question);
	run(inquiry);
}

static void
ask_or_find(struct directory *base, const struct kind *kind, struct directory_question *question)
{
	struct postgres_directory *directory = own(base);
	struct answer_key key;
	if (directory->cache == NULL || !kind->kept->identify(question, &key)) {
		start(directory, kind, question);
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
		start_kept(directory, kind, question, &key);
}

/* Does nothing if the answer will not be kept, is kept already, or is under way. */
static bool
may_expect(struct postgres_directory *directory, struct directory_question *question, struct answer_key *key)
{
	const struct kept_kind *kept = kind_recipients.kept;
	int64_t horizon = changes_horizon(&directory->changes, directory->lifetime, directory->stale, false);
	if (horizon == INT64_MAX || !kept->identify(question, key))
		return false;
	answer_key_end(directory->cache, key);
	return !kept->find(directory->cache, key, horizon, question) && find_under_way(directory, key) == NULL;
}

static void
expect(struct directory *base, const struct address *address)
{
	struct postgres_directory *directory = own(base);
	struct answer_key key;
	if (directory->cache == NULL || !directory->changes.known || directory->expectations == EXPECTATIONS_MAX)
		return;
	struct expectation *expectation = calloc(1, sizeof *expectation);
	if (expectation == NULL)
		return;
	*expectation = (struct expectation) {
		.question = { .base = { .done = forget_expectation }, .address = *address },
		.directory = directory,
	};
	directory->expectations++;
	if (may_expect(directory, &expectation->question.base, &key))
		start_kept(directory, &kind_recipients, &expectation->question.base, &key);
	else
		forget_expectation(&expectation->question.base);
}

static void
client(struct directory *directory, struct client_question *question)
{
	ask_or_find(directory, &kind_clients, &question->base);
}

static void
sender(struct directory *directory, struct sender_question *question)
{
	ask_or_find(directory, &kind_senders, &question->base);
}

static void
recipient(struct directory *directory, struct recipient_question *question)
{
	ask_or_find(directory, &kind_recipients, &question->base);
}

/* All targets in one round trip, with the alias itself. */
static void
expand(struct directory *directory, struct expansion_question *question)
{
	question->expansion = (struct expansion) { .count = 0 };
	struct inquiry *inquiry = begin(own(directory), &kind_expansions, &question->base);
	struct request *request = inquiry == NULL ? NULL : new_request(inquiry);
	if (inquiry == NULL)
		return;
	if (request != NULL && facts_request_reach(&inquiry->facts, &question->address, &request->parts)) {
		send_request(request);
		facts_want_name(&inquiry->facts, question->address.domain, question->address.local, false);
		ask(inquiry);
		return;
	}
	free(request);
	run(inquiry);
}

static void
members(struct directory *directory, struct members_question *question)
{
	question->members = NULL;
	question->count = 0;
	start(own(directory), &kind_memberships, &question->base);
}

static void
login(struct directory *directory, struct login_question *question)
{
	start(own(directory), &kind_logins, &question->base);
}

static void
domain(struct directory *directory, struct domain_question *question)
{
	start(own(directory), &kind_domains, &question->base);
}

static void
close_directory(struct directory *base)
{
	pg_abandon(&own(base)->pg); /* what was expected, and not asked */
	pg_close(&own(base)->pg);
	answer_cache_free(own(base)->cache);
	free(base);
}

static const struct directory_ops ops = {
	.client = client,
	.sender = sender,
	.recipient = recipient,
	.expect = expect,
	.expand = expand,
	.members = members,
	.login = login,
	.domain = domain,
	.close = close_directory,
};

static struct postgres_directory *
directory_of(struct pg *pg)
{
	return (struct postgres_directory *)(void *)((char *)pg - offsetof(struct postgres_directory, pg));
}

static void
on_usable(struct pg *pg)
{
	if (directory_of(pg)->cache != NULL)
		changes_ready(&directory_of(pg)->changes);
}

static void
on_notified(struct pg *pg)
{
	changes_notified(&directory_of(pg)->changes);
}

static void
on_lost(struct pg *pg)
{
	if (directory_of(pg)->cache != NULL)
		changes_lost(&directory_of(pg)->changes);
}

/* Last, when nothing can fail any more: what is freed must have no timer in the loop. cache is NULL if none are kept. */
static void
keep_answers(struct postgres_directory *directory, struct answer_cache *cache, uv_loop_t *loop)
{
	directory->cache = cache;
	if (cache != NULL)
		changes_open(&directory->changes, &directory->pg, loop, cache, directory->stats);
}

struct directory *
postgres_directory_new(const struct libpq *libpq, const struct postgres_settings *settings,
    const struct directory_settings *addresses, uv_loop_t *loop, struct executor *executor)
{
	struct postgres_directory *directory = calloc(1, sizeof *directory);
	if (directory == NULL)
		return NULL;
	const struct pg_settings connection = {
		.database = settings->database,
		.timeout = settings->timeout,
		.pooled = settings->pooled,
		.statements = postgres_statements,
		.name = "ftgate",
		.listen = settings->lifetime != 0 && !settings->pooled ? CHANGES_LISTEN : NULL,
		.usable = on_usable,
		.notified = on_notified,
		.lost = on_lost,
	};
	directory->directory.ops = &ops;
	if (addresses != NULL)
		directory->addresses = *addresses;
	directory->lifetime = settings->lifetime;
	directory->stale = settings->stale;
	directory->stats = settings->stats;
	struct answer_cache *cache = settings->lifetime == 0 ? NULL : answer_cache_new();
	int error = UV_ENOMEM;
	if (cache != NULL || settings->lifetime == 0)
		error = pg_open(&directory->pg, libpq, &connection, loop, executor);
	if (error == 0) {
		keep_answers(directory, cache, loop);
		return &directory->directory;
	}
	answer_cache_free(cache);
	close_directory(&directory->directory);
	errno = -error;
	return NULL;
}
