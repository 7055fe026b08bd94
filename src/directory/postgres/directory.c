/* The directory of a server, from PostgreSQL. */
#include "directory/postgres/directory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/access.h"
#include "directory/expand.h"
#include "directory/login.h"
#include "directory/postgres/connection.h"
#include "directory/postgres/facts.h"
#include "directory/postgres/statements.h"
#include "directory/postgres/wants.h"
#include "directory/recipient.h"

struct postgres_directory {
	struct directory directory;
	struct pg pg;
	struct directory_settings addresses;
	bool postmaster_logged;
};

struct inquiry;

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
	enum directory_verdict (*find)(struct lookup *lookup, struct directory_question *question);
	unsigned in_flight; /* requests */
	unsigned round_trips;
	int64_t deadline; /* of all its round trips */
	bool failed;
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

static void
answer(struct inquiry *inquiry, enum directory_verdict verdict, const char *detail)
{
	struct directory_question *question = inquiry->question;
	if (detail != NULL)
		snprintf(question->detail, sizeof question->detail, "%s", detail);
	if (verdict == DIRECTORY_MISCONFIGURED)
		log_event("directory-misconfigured", "detail", question->detail, NULL);
	log_postmaster(inquiry->directory, &inquiry->facts.lookup);
	facts_close(&inquiry->facts);
	free(inquiry);
	directory_answer(question, verdict);
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
	enum directory_verdict verdict = inquiry->find(&facts->lookup, inquiry->question);
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
begin(struct directory *base, struct directory_question *question,
    enum directory_verdict (*find)(struct lookup *lookup, struct directory_question *question))
{
	struct postgres_directory *directory = own(base);
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
	inquiry->find = find;
	inquiry->deadline = pg_deadline(&directory->pg);
	return inquiry;
}

static enum directory_verdict
find_client(struct lookup *lookup, struct directory_question *question)
{
	return access_of_client(lookup, (struct client_question *)question);
}

static enum directory_verdict
find_sender(struct lookup *lookup, struct directory_question *question)
{
	return sender_find(lookup, (struct sender_question *)question);
}

static enum directory_verdict
find_recipient(struct lookup *lookup, struct directory_question *question)
{
	return recipient_find(lookup, (struct recipient_question *)question);
}

static enum directory_verdict
find_expansion(struct lookup *lookup, struct directory_question *question)
{
	return expansion_find(lookup, (struct expansion_question *)question);
}

static enum directory_verdict
find_members(struct lookup *lookup, struct directory_question *question)
{
	return members_find(lookup, (struct members_question *)question);
}

static enum directory_verdict
find_login(struct lookup *lookup, struct directory_question *question)
{
	return login_find(lookup, (struct login_question *)question);
}

static enum directory_verdict
find_domain(struct lookup *lookup, struct directory_question *base)
{
	struct domain_question *question = (struct domain_question *)base;
	return lookup->ops->domain(lookup, question->name, &question->domain);
}

static void
client(struct directory *directory, struct client_question *question)
{
	struct inquiry *inquiry = begin(directory, &question->base, find_client);
	if (inquiry == NULL)
		return;
	wants_of_client(&inquiry->facts, question->address);
	run(inquiry);
}

static void
sender(struct directory *directory, struct sender_question *question)
{
	struct inquiry *inquiry = begin(directory, &question->base, find_sender);
	if (inquiry == NULL)
		return;
	wants_of_sender(&inquiry->facts, &question->address, question->account);
	run(inquiry);
}

static void
recipient(struct directory *directory, struct recipient_question *question)
{
	struct inquiry *inquiry = begin(directory, &question->base, find_recipient);
	if (inquiry == NULL)
		return;
	facts_set_sender(&inquiry->facts, question->sender);
	wants_of_recipient(&inquiry->facts, &question->address);
	run(inquiry);
}

/* All targets in one round trip, with the alias itself. */
static void
expand(struct directory *directory, struct expansion_question *question)
{
	question->expansion = (struct expansion) { .count = 0 };
	struct inquiry *inquiry = begin(directory, &question->base, find_expansion);
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
	struct inquiry *inquiry = begin(directory, &question->base, find_members);
	if (inquiry != NULL)
		run(inquiry);
}

static void
login(struct directory *directory, struct login_question *question)
{
	struct inquiry *inquiry = begin(directory, &question->base, find_login);
	if (inquiry != NULL)
		run(inquiry);
}

static void
domain(struct directory *directory, struct domain_question *question)
{
	struct inquiry *inquiry = begin(directory, &question->base, find_domain);
	if (inquiry != NULL)
		run(inquiry);
}

static void
close_directory(struct directory *base)
{
	pg_close(&own(base)->pg);
	free(base);
}

static const struct directory_ops ops = {
	.client = client,
	.sender = sender,
	.recipient = recipient,
	.expand = expand,
	.members = members,
	.login = login,
	.domain = domain,
	.close = close_directory,
};

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
	};
	directory->directory.ops = &ops;
	if (addresses != NULL)
		directory->addresses = *addresses;
	int error = pg_open(&directory->pg, libpq, &connection, loop, executor);
	if (error == 0)
		return &directory->directory;
	close_directory(&directory->directory);
	errno = -error;
	return NULL;
}
