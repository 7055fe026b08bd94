/* The directory of a server, from the database of accounts. */
#include "directory/sqlite/directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "directory/sqlite/access.h"
#include "directory/sqlite/account.h"
#include "directory/sqlite/expand.h"
#include "directory/sqlite/login.h"
#include "directory/sqlite/reader.h"
#include "directory/sqlite/recipient.h"
#include "directory/sqlite/recipient_cache.h"
#include "port/job_queue.h"

enum { EXPANSIONS = 1 }; /* at a time: they share a connection */

struct sqlite_directory {
	struct directory directory;
	struct reader *reader; /* of the loop */
	struct recipient_cache *recipients;
	unsigned failures; /* of the reader, that have been logged */
	struct reader *job_reader;
	unsigned job_failures;
	bool postmaster_logged;
	struct job_queue jobs;
	char path[];
};

/* A question that takes a job. */
struct lookup_job {
	struct job job;
	struct sqlite_directory *directory;
	struct directory_question *question;
	enum directory_verdict (*find)(struct reader *reader, struct directory_question *question);
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
log_postmaster(struct sqlite_directory *directory, const struct reader *reader)
{
	if (directory->postmaster_logged || !reader_lacks_postmaster(reader))
		return;
	directory->postmaster_logged = true;
	log_event("directory-misconfigured", "detail",
	    "the address of the setting postmaster is no account, alias or list here", NULL);
}

static struct reader *
begin(struct sqlite_directory *directory, struct directory_question *question)
{
	question->detail[0] = '\0';
	reader_begin(directory->reader);
	return directory->reader;
}

static void
answer(struct sqlite_directory *directory, struct directory_question *question, enum directory_verdict verdict)
{
	log_trouble(directory, directory->reader, &directory->failures);
	log_postmaster(directory, directory->reader);
	if (verdict == DIRECTORY_FAILED)
		snprintf(question->detail, sizeof question->detail, "%s", reader_trouble(directory->reader));
	directory_answer(question, verdict);
}

static void
client(struct directory *base, struct client_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct reader *reader = begin(directory, &question->base);
	answer(directory, &question->base, sqlite_access_client(reader, question));
}

static void
sender(struct directory *base, struct sender_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct reader *reader = begin(directory, &question->base);
	answer(directory, &question->base, sqlite_sender_find(reader, question));
}

static void
recipient(struct directory *base, struct recipient_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct reader *reader = begin(directory, &question->base);
	enum directory_verdict verdict;
	if (!recipient_cache_find(directory->recipients, reader_state(reader), question, &verdict)) {
		verdict = sqlite_recipient_find(reader, question);
		recipient_cache_keep(directory->recipients, question, verdict);
	}
	answer(directory, &question->base, verdict);
}

static void
login(struct directory *base, struct login_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct reader *reader = begin(directory, &question->base);
	answer(directory, &question->base, sqlite_login_find(reader, question));
}

static void
domain(struct directory *base, struct domain_question *question)
{
	struct sqlite_directory *directory = own(base);
	struct reader *reader = begin(directory, &question->base);
	answer(directory, &question->base, sqlite_domain_find(reader, question->name, &question->domain));
}

static void
look_up(struct job *job)
{
	struct lookup_job *lookup = (struct lookup_job *)(void *)job;
	struct reader *reader = lookup->directory->job_reader;
	lookup->verdict = lookup->find(reader, lookup->question);
	reader_end(reader);
}

static void
looked_up(struct job *job)
{
	struct lookup_job *lookup = (struct lookup_job *)(void *)job;
	struct sqlite_directory *directory = lookup->directory;
	struct directory_question *question = lookup->question;
	enum directory_verdict verdict = lookup->verdict;
	free(lookup);
	log_trouble(directory, directory->job_reader, &directory->job_failures);
	log_postmaster(directory, directory->job_reader);
	if (verdict == DIRECTORY_MISCONFIGURED)
		log_event("directory-misconfigured", "detail", question->detail, NULL);
	directory_answer(question, verdict);
}

static void
start_job(struct directory *base, struct directory_question *question,
    enum directory_verdict (*find)(struct reader *reader, struct directory_question *question))
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
	directory->jobs.executor.start(&directory->jobs.executor, &lookup->job);
}

static enum directory_verdict
find_expansion(struct reader *reader, struct directory_question *question)
{
	return sqlite_expand(reader, (struct expansion_question *)question);
}

static enum directory_verdict
find_members(struct reader *reader, struct directory_question *question)
{
	return sqlite_members(reader, (struct members_question *)question);
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
	reader_free(own(directory)->reader);
	reader_free(own(directory)->job_reader);
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
	directory->reader = reader_new(path, settings, clock);
	directory->job_reader = reader_new(path, settings, NULL);
	memcpy(directory->path, path, size);
	job_queue_open(&directory->jobs, executor, EXPANSIONS);
	if (directory->recipients != NULL && directory->reader != NULL && directory->job_reader != NULL)
		return &directory->directory;
	close_directory(&directory->directory);
	return NULL;
}
