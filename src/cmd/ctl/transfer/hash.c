/* Hashes the passwords of an import, on all processors. */
#include "cmd/ctl/transfer/hash.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>

enum { THREADS_MAX = 64 };

/* Jobs that threads take in turn. */
struct hashing {
	struct hash_job *jobs;
	size_t count;
	bool keep_secret;
	atomic_size_t next, finished;
};

static bool
hash_next(struct hashing *hashing)
{
	size_t index = atomic_fetch_add(&hashing->next, 1);
	if (index >= hashing->count)
		return false;
	struct hash_job *job = &hashing->jobs[index];
	job->matches = job->stored[0] != '\0' && password_verify(job->password, job->stored);
	job->result = job->matches ? PASSWORD_OK : password_make(&job->made, job->password, hashing->keep_secret);
	atomic_fetch_add(&hashing->finished, 1);
	return true;
}

static void *
run(void *context)
{
	while (hash_next(context))
		continue;
	return NULL;
}

static size_t
count_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) < 0)
		return 1;
	int count = CPU_COUNT(&set);
	return count > THREADS_MAX ? THREADS_MAX : (size_t)count;
}

void
hash_all(
    struct hash_job *jobs, size_t count, bool keep_secret, void (*done)(void *context, size_t finished), void *context)
{
	struct hashing hashing = { .jobs = jobs, .count = count, .keep_secret = keep_secret };
	pthread_t threads[THREADS_MAX];
	size_t started = 0, wanted = count_processors() - 1;
	while (started < wanted && started + 1 < count && pthread_create(&threads[started], NULL, run, &hashing) == 0)
		started++;
	while (hash_next(&hashing))
		if (done != NULL)
			done(context, atomic_load(&hashing.finished));
	for (size_t i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
}

void
hash_clear(struct hash_job *jobs, size_t count)
{
	explicit_bzero(jobs, count * sizeof *jobs);
}
