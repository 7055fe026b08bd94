/* Hashes the passwords of an import, on all processors. */
#ifndef CMD_CTL_TRANSFER_HASH_H
#define CMD_CTL_TRANSFER_HASH_H

#include <stdbool.h>
#include <stddef.h>

#include "port/credentials.h"
#include "session/password.h"

/* One password. */
struct hash_job {
	const char *password;
	char stored[CREDENTIALS_HASH_SIZE]; /* the hash that the account has; "": none */
	bool matches;                       /* it is that of the password: nothing was made */
	enum password_result result;
	struct credentials made;
};

/*
 * Does the jobs, each in some 25 milliseconds, by a thread for each processor. After each job of the calling thread it calls
 * done(), which may be NULL, with the number of jobs that all threads have finished. A thread that cannot be started leaves
 * its work to the others.
 */
void hash_all(
    struct hash_job *jobs, size_t count, bool keep_secret, void (*done)(void *context, size_t finished), void *context);

/* Wipes the jobs. */
void hash_clear(struct hash_job *jobs, size_t count);

#endif
