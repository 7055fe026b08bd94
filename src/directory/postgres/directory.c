/* The directory of a server, from PostgreSQL. */
#include "directory/postgres/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/postgres/connection_internal.h"
#include "directory/postgres/directory_internal.h"
#include "directory/postgres/statements.h"

/* A statement that has been asked. */
struct request {
	struct pg_query query;
	struct inquiry *inquiry;
	struct facts_request parts;
};

static struct postgres_directory *
own(struct directory *directory)
{
	return (struct postgres_directory *)directory;
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

/*
 * Gives the answer to the questions that waited with it. If the answer depends
 * on the asker, each question is asked by itself, in the time that it has left.
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
			inquiry_start(directory, kind, waiting);
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
	if (verdict == DIRECTORY_MISCONFIGURED && !sharing_is_unasked(inquiry))
		log_event("directory-misconfigured", "detail", question->detail, NULL);
	log_postmaster(directory, &inquiry->facts.lookup);
	if (inquiry->kept)
		sharing_settle(inquiry);
	facts_close(&inquiry->facts);
	free(inquiry);
	answer_all(directory, kind, question, waiting);
}

static void
fail(struct inquiry *inquiry, const char *why)
{
	answer(inquiry, DIRECTORY_FAILED, why);
}

/* Other questions fail by themselves: only rows of this answer may be wrong, so the connection is not replaced. */
static void
take(struct inquiry *inquiry, const struct facts_request *request, PGresult *result)
{
	struct facts *facts = &inquiry->facts;
	facts_answer(facts, request, result);
	if (facts->fault[0] == '\0')
		return;
	pg_blame(&inquiry->directory->pg, facts->fault);
	inquiry->failed = true;
}

static void
answered(struct pg_query *query, PGresult *result)
{
	struct request *request = (struct request *)(void *)query;
	struct inquiry *inquiry = request->inquiry;
	if (result != NULL)
		take(inquiry, &request->parts, result);
	else
		inquiry->failed = true;
	facts_request_free(&request->parts);
	free(request);
	if (--inquiry->in_flight > 0)
		return;
	const char *fault = inquiry->facts.fault;
	if (inquiry->failed)
		fail(inquiry, fault[0] != '\0' ? fault : pg_trouble(&inquiry->directory->pg));
	else
		inquiry_run(inquiry);
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
	pg_ask(&request->inquiry->directory->pg, &request->query, request->inquiry->question->deadline);
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
void
inquiry_run(struct inquiry *inquiry)
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

struct inquiry *
inquiry_begin(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
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
	return inquiry;
}

void
inquiry_start(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
{
	struct inquiry *inquiry = inquiry_begin(directory, kind, question);
	if (inquiry == NULL)
		return;
	if (kind->want != NULL)
		kind->want(&inquiry->facts, question);
	inquiry_run(inquiry);
}

static void
expect(struct directory *directory, const struct address *address)
{
	sharing_expect(own(directory), address);
}

static void
client(struct directory *directory, struct client_question *question)
{
	sharing_ask(own(directory), &kind_clients, &question->base);
}

static void
sender(struct directory *directory, struct sender_question *question)
{
	sharing_ask(own(directory), &kind_senders, &question->base);
}

static void
recipient(struct directory *directory, struct recipient_question *question)
{
	sharing_ask(own(directory), &kind_recipients, &question->base);
}

/* All targets in one round trip, with the alias itself. */
static void
expand(struct directory *directory, struct expansion_question *question)
{
	question->expansion = (struct expansion) { .count = 0 };
	question->base.deadline = pg_deadline(&own(directory)->pg);
	struct inquiry *inquiry = inquiry_begin(own(directory), &kind_expansions, &question->base);
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
	inquiry_run(inquiry);
}

/* Answers a question that has just been asked, and whose answer is never kept. */
static void
start(struct postgres_directory *directory, const struct kind *kind, struct directory_question *question)
{
	question->deadline = pg_deadline(&directory->pg);
	inquiry_start(directory, kind, question);
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
		.is_down = settings->stats != NULL ? &settings->stats->database_down : NULL,
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
