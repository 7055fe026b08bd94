/* The directory of a server, from the database of accounts. */
#include "directory/sqlite/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "directory/access.h"
#include "directory/expand.h"
#include "directory/login.h"
#include "directory/recipient.h"
#include "directory/sqlite/lookup.h"
#include "directory/sqlite/reader.h"
#include "directory/sqlite/recipient_cache.h"
#include "port/job_queue.h"

enum { EXPANSIONS = 1 }; /* at a time: they share a connection */

struct sqlite_directory {
	struct directory directory;
	struct directory_settings settings;
	struct sqlite_lookup loop; /* the records as the loop reads them */
	struct recipient_cache *recipients;
	unsigned failures;         /* of its reader, that have been logged */
	struct sqlite_lookup jobs; /* as jobs read them */
	unsigned job_failures;
	bool postmaster_logged;
	struct job_queue job_queue;
	char path[];
};

/* A question that takes a job. */
struct lookup_job {
	struct job job;
	struct sqlite_directory *directory;
	struct directory_question *question;
	enum directory_verdict (*find)(struct lookup *lookup, struct directory_question *question);
	enum directory_verdict verdict;
};

static struct sqlite_directory *
own(struct directory *directory)
{
	return (struct sqlite_directory *)directory;
}

/* Logs a failure of the database once, not with each question that it costs. */
static void
log_trouble(const struct sqlite_directory *directory, const struct reader *reader, unsigned *logged)
{
	if (*logged != reader_failures(reader))
		log_event("directory-failed", "file", directory->path, "detail", reader_trouble(reader), NULL);
	*logged = reader_failures(reader);
}

/* Logs once that the setting is of no use; its mail is delivered as without it. */
static void
log_postmaster(struct sqlite_directory *directory, const struct lookup *lookup)
{
	if (directory->postmaster_logged || !lookup->no_postmaster)
		return;
	directory->postmaster_logged = true;
	log_event("directory-misconfigured", "detail",
	    "the address of the setting postmaster is no account, alias or list here", NULL);
}

static struct lookup *
begin(struct sqlite_directory *directory, struct directory_question *question)
{
	question->detail[0] = '\0';
	reader_begin(directory->loop.reader);
	return &directory->loop.lookup;
}

static void
answer(struct sqlite_directory *directory, struct directory_question *question, enum directory_verdict verdict)
{
	log_trouble(directory, directory->loop.reader, &directory->failures);
	log_postmaster(directory, &directory->loop.lookup);
	if (verdict == DIRECTORY_FAILED)
		snprintf(question->detail, sizeof question->detail, "%s", reader_trouble(directory->loop.reader));
	directory_answer(question, verdict);
}

static void
client(struct directory *base, struct client_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct lookup *lookup = begin(directory, &question->base);
	answer(directory, &question->base, access_of_client(lookup, question));
}

static void
sender(struct directory *base, struct sender_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct lookup *lookup = begin(directory, &question->base);
	answer(directory, &question->base, sender_find(lookup, question));
}

static void
recipient(struct directory *base, struct recipient_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct lookup *lookup = begin(directory, &question->base);
	enum directory_verdict verdict;
	if (!recipient_cache_find(directory->recipients, reader_state(directory->loop.reader), question, &verdict)) {
		verdict = recipient_find(lookup, question);
		recipient_cache_keep(directory->recipients, question, verdict);
	}
	answer(directory, &question->base, verdict);
}

static void
login(struct directory *base, struct login_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct lookup *lookup = begin(directory, &question->base);
	answer(directory, &question->base, login_find(lookup, question));
}

static void
domain(struct directory *base, struct domain_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct lookup *lookup = begin(directory, &question->base);
	answer(directory, &question->base, lookup->ops->domain(lookup, question->name, &question->domain));
}

static void
look_up(struct job *job)
{
	struct lookup_job *lookup = (struct lookup_job *)(void *)job;
	struct sqlite_lookup *records = &lookup->directory->jobs;
	lookup->verdict = lookup->find(&records->lookup, lookup->question);
	reader_end(records->reader);
}

static void
looked_up(struct job *job)
{
	struct lookup_job *lookup = (struct lookup_job *)(void *)job;
	struct sqlite_directory *directory = lookup->directory;
	struct directory_question *question = lookup->question;
	enum directory_verdict verdict = lookup->verdict;
	free(lookup);
	log_trouble(directory, directory->jobs.reader, &directory->job_failures);
	log_postmaster(directory, &directory->jobs.lookup);
	if (verdict == DIRECTORY_MISCONFIGURED)
		log_event("directory-misconfigured", "detail", question->detail, NULL);
	directory_answer(question, verdict);
}

static void
start_job(struct directory *base, struct directory_question *question,
    enum directory_verdict (*find)(struct lookup *lookup, struct directory_question *question))
{
	struct sqlite_directory *directory = own(base);
	struct lookup_job *lookup = malloc(sizeof *lookup);
	question->detail[0] = '\0';
	if (lookup == NULL) {
		snprintf(question->detail, sizeof question->detail, "memory is out");
		directory_answer(question, DIRECTORY_FAILED);
		return;
	}
	*lookup = (struct lookup_job) {
		.job = { .work = look_up, .done = looked_up },
		.directory = directory,
		.question = question,
		.find = find,
	};
	directory->job_queue.executor.start(&directory->job_queue.executor, &lookup->job);
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

static void
expand(struct directory *directory, struct expansion_question *question)
{
	question->expansion = (struct expansion) { .count = 0 };
	start_job(directory, &question->base, find_expansion);
}

static void
members(struct directory *directory, struct members_question *question)
{
	question->members = NULL;
	question->count = 0;
	start_job(directory, &question->base, find_members);
}

static void
close_directory(struct directory *directory)
{
	reader_free(own(directory)->loop.reader);
	reader_free(own(directory)->jobs.reader);
	recipient_cache_free(own(directory)->recipients);
	free(directory);
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
sqlite_directory_new(
    const char *path, const struct directory_settings *settings, struct clock *clock, struct executor *executor)
{
	size_t size = strlen(path) + 1;
	struct sqlite_directory *directory = calloc(1, sizeof *directory + size);
	if (directory == NULL)
		return NULL;
	directory->directory.ops = &ops;
	directory->recipients = recipient_cache_new();
	if (settings != NULL)
		directory->settings = *settings;
	sqlite_lookup_open(&directory->loop, reader_new(path, clock), &directory->settings);
	sqlite_lookup_open(&directory->jobs, reader_new(path, NULL), &directory->settings);
	memcpy(directory->path, path, size);
	job_queue_open(&directory->job_queue, executor, EXPANSIONS);
	if (directory->recipients != NULL && directory->loop.reader != NULL && directory->jobs.reader != NULL)
		return &directory->directory;
	close_directory(&directory->directory);
	return NULL;
}
