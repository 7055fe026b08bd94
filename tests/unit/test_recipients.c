/* What questions about recipients cost with SQLite. */
#include <criterion/criterion.h>
#include <linux/seccomp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/ask_directory.h"
#include "support/backend.h"

static struct directory *directory;

static void
open_all(void)
{
	backend_make();
	backend_sql("INSERT INTO domains (id, name, created) VALUES (1, 'example.test', 0);"
	            "INSERT INTO accounts (domain, local, created) VALUES (1, 'anna', 0);"
	            "INSERT INTO accounts (domain, local, created, disabled) VALUES (1, 'off', 0, 1);"
	            "INSERT INTO aliases (id, domain, local, kind, created) VALUES (10, 1, 'staff', 'list', 0);"
	            "INSERT INTO targets (alias, local, domain) VALUES (10, 'anna', 'example.test')");
	directory = backend_directory(NULL);
}

static void
close_all(void)
{
	directory->ops->close(directory);
	backend_remove();
}

TestSuite(recipients, .init = open_all, .fini = close_all);

static struct address
make_address(const char *local, const char *domain)
{
	struct address address = { .null = false };
	snprintf(address.local, sizeof address.local, "%s", local);
	snprintf(address.domain, sizeof address.domain, "%s", domain);
	return address;
}

static unsigned steps; /* of all statements */

int __real_sqlite3_step(sqlite3_stmt *statement);
int __wrap_sqlite3_step(sqlite3_stmt *statement);

int
__wrap_sqlite3_step(sqlite3_stmt *statement)
{
	steps++;
	return __real_sqlite3_step(statement);
}

static void
ignore(struct directory_question *question)
{
	(void)question;
}

/* The first question of RCPT alone: no list is expanded. */
static void
look_up(const char *local)
{
	struct recipient_question question = { .base = { .done = ignore },
		.address = make_address(local, "example.test") };
	directory->ops->recipient(directory, &question);
}

/* In a child that the kernel ends for any call but read, write and exit. */
static void
look_up_without_calls(void)
{
	static const char *const locals[] = { "nobody", "anna", "off", "staff", "another" };
	unsigned access;
	struct sender_question sender = { .address = make_address("x", "spam.example"), .account = 1 };
	for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
		look_up(locals[i]);
	ask_client(directory, "192.0.2.1", &access);
	ask_sender(directory, &sender);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
	for (int times = 0; times < 100; times++)
		for (size_t i = 0; i < sizeof locals / sizeof *locals; i++)
			look_up(locals[i]);
	ask_client(directory, "192.0.2.1", &access);
	ask_sender(directory, &sender);
	syscall(SYS_exit, 0);
}

Test(recipients, lookup_makes_no_system_call)
{
	int status = -1;
#ifdef __SANITIZE_ADDRESS__
	cr_skip_test("a sanitizer makes calls of its own");
#endif
	pid_t child = fork();
	if (child == 0)
		look_up_without_calls();
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_expect(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
}

/* Its length costs nothing before it is expanded, which takes a job. */
Test(recipients, list_costs_the_same_however_long_it_is)
{
	struct recipient_question question = { .base = { .done = ignore },
		.address = make_address("staff", "example.test"),
		.sender = "x@stranger.example" };
	unsigned counts[2];
	backend_sql("UPDATE aliases SET post = 'members' WHERE id = 10");
	for (int i = 0; i < 2; i++) {
		unsigned before = steps, jobs = ask_jobs;
		directory->ops->recipient(directory, &question);
		cr_expect_eq(question.base.verdict, DIRECTORY_FOUND);
		cr_expect_eq(question.recipient.kind, RECIPIENT_LIST);
		cr_expect_not(question.recipient.member);
		cr_expect_eq(ask_jobs, jobs);
		counts[i] = steps - before;
		backend_sql(
		    "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1900)"
		    " INSERT OR IGNORE INTO targets (alias, local, domain) SELECT 10, 'n' || i, 'example.net' FROM n");
	}
	cr_expect_leq(counts[0], 5);
	cr_expect_leq(counts[1], counts[0]);
}
