/*
 * A fixture for the manager of the queue: a real queue and real Maildirs,
 * servers and names in memory, a clock set by hand.
 */
#ifndef SUPPORT_QUEUE_MANAGER_FIXTURE_H
#define SUPPORT_QUEUE_MANAGER_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fake_dialer.h"
#include "fake_resolver.h"
#include "port/directory.h"
#include "relay/queue_manager.h"
#include "store/maildir_delivery.h"

#define HOUR 3600

extern struct fake_dialer server;
extern struct fake_resolver resolver; /* which knows example.net and example.org */
extern struct maildir_agent agent;
extern struct routes routes;
extern struct queue_manager_config config; /* of the manager */
extern struct queue_manager *manager;
extern int64_t time_now;   /* seconds since 1970 */
extern int64_t alarm_wait; /* as it was asked for last */
extern bool stopped;
extern struct job *first_job;  /* that waits */
extern bool directory_is_late; /* its answers come with the jobs */
extern bool hold_jobs;         /* settle_down() runs none */
extern unsigned jobs_started;
extern uintptr_t lowest;            /* address of the stack at which anybody has asked for the time */
extern char last_id[QUEUE_ID_SIZE]; /* of the entry that was added last */
extern struct queue_entry entry;    /* for what a test looks at */

extern const char *store_of_anna; /* as the directory has it */

/* The store of the configuration, as route_parse() has it; NULL: Maildirs here. */
void use_store(const char *place);

/* Adds an entry with recipients whose mail goes to mailboxes. */
void add_to_mailboxes(size_t count, const char *const *addresses);

/* Before and after each test. */
void set_up(void);
void tear_down(void);

/* Adds an entry, of anna@example.test or another sender, who has a mailbox here. */
void add(const char *address);
void add_from(const char *sender, size_t count, const char *const *addresses);

/* Runs the job that waits longest; so many jobs, with the turns between; all until nothing is left to do. */
void run_first_job(void);
void run_jobs(unsigned count);
void settle_down(void);

/* Starts the manager; lets time pass; then settles down. */
void start(void);
void pass(int64_t seconds);

/* The last entry that was added, as it is stored. Is it there no more? */
const struct queue_entry *stored(void);
bool is_gone(void);

/*
 * The log, and how often it has a part; what is in a mailbox: the first message, "" for none, and how many there are.
 */
const char *logged(void);
size_t count_logged(const char *part);
const char *mailbox(const char *maildir);
size_t count_mail(const char *maildir);

void expect_in(const char *text, const char *part);

#define ANSWER(...)                                                                                                    \
	static struct fake_answer answers[] = { __VA_ARGS__ };                                                         \
	server.answers = answers;                                                                                      \
	server.answer_count = sizeof answers / sizeof *answers

#endif
