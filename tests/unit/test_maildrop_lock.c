/* One session a maildrop: in this process, in others, and when these are killed. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/maildrop/lock.h"
#include "support/folder.h"
#include "support/maildrop_fixture.h"

TestSuite(lock, .init = drop_begin, .fini = drop_end);

static void
expect_locked(void)
{
	enum maildrop_result result;
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_LOCKED);
}

Test(lock, shuts_out_another_session_of_this_process)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	struct maildrop *maildrop = drop_open();
	expect_locked();
	expect_locked();
	cr_expect_eq(maildrop_count(maildrop), 1);
	maildrop_close(maildrop);
	maildrop_close(drop_open());
}

/* A child that holds the maildrop until it is killed. */
static pid_t
hold_elsewhere(void)
{
	int ready[2];
	char octet;
	cr_assert_eq(pipe(ready), 0);
	pid_t child = fork();
	if (child == 0) {
		struct maildrop *maildrop = drop_open();
		if (write(ready[1], "x", 1) == 1)
			pause();
		maildrop_close(maildrop);
		_exit(1);
	}
	cr_assert_gt(child, 0);
	cr_assert_eq(read(ready[0], &octet, 1), 1);
	cr_assert_eq(close(ready[0]) | close(ready[1]), 0);
	return child;
}

Test(lock, shuts_out_another_process_until_that_is_killed)
{
	pid_t child = hold_elsewhere();
	int status;
	expect_locked();
	cr_assert_eq(kill(child, SIGKILL), 0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	maildrop_close(drop_open());
}

Test(lock, is_kept_when_a_child_of_the_process_ends_or_the_file_is_closed_elsewhere)
{
	int status;
	struct maildrop *maildrop = drop_open();
	pid_t child = fork();
	if (child == 0)
		_exit(0);
	cr_assert_eq(waitpid(child, &status, 0), child);
	expect_locked();
	int file = open(DROP_LOCK_NAME, O_RDWR);
	cr_assert_geq(file, 0);
	close(file);
	expect_locked();
	maildrop_close(maildrop);
	maildrop_close(drop_open());
}

Test(lock, is_given_up_when_the_maildrop_cannot_be_read)
{
	enum maildrop_result result;
	cr_assert_eq(rmdir("cur"), 0);
	drop_put("cur", "");
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_assert_eq(unlink("cur"), 0);
	maildrop_close(drop_open());
}

Test(lock, is_given_up_after_the_update)
{
	drop_put("new/1.a,S=2,W=3", "a\n");
	struct maildrop *maildrop = drop_open();
	maildrop_delete(maildrop, 1);
	cr_expect_eq(drop_quit(maildrop), MAILDROP_OK);
	maildrop_close(drop_open());
}

/* Whoever takes the file away lets a second session in; that one shuts out a third. */
Test(lock, holds_on_the_file_that_has_the_name)
{
	struct maildrop *first = drop_open();
	cr_assert_eq(unlink(DROP_LOCK_NAME), 0);
	struct maildrop *second = drop_open();
	expect_locked();
	maildrop_close(first);
	expect_locked();
	maildrop_close(second);
	maildrop_close(drop_open());
}

Test(lock, file_that_is_something_else_is_an_access_error)
{
	enum maildrop_result result;
	cr_assert_eq(mkfifo(DROP_LOCK_NAME, 0600), 0);
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_assert_eq(unlink(DROP_LOCK_NAME), 0);
	cr_assert_eq(symlink("../elsewhere", DROP_LOCK_NAME), 0);
	maildrop_close(drop_try(&result));
	cr_expect_eq(result, MAILDROP_ACCESS);
	cr_expect_eq(access("../elsewhere", F_OK), -1);
}

Test(lock, leaves_one_empty_file_whatever_is_opened)
{
	struct stat status;
	for (int i = 0; i < 3; i++)
		maildrop_close(drop_open());
	cr_assert_eq(stat(DROP_LOCK_NAME, &status), 0);
	cr_expect_eq(status.st_size, 0);
	cr_expect_eq(status.st_mode & 0777, 0600);
	cr_expect_eq(folder_count("*"), 4, "new, cur, tmp and the lock");
}
