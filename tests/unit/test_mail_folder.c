/* The folder of all mail: its marker is made once, and without it nothing is stored. */
#include "store/mail_folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "store/maildir_delivery.h"
#include "support/folder.h"

TestSuite(mail_folder, .init = folder_make, .fini = folder_remove);

static struct mail_folder folder;

static int rename_error; /* of a file system that cannot rename without replacing; 0: it can */

/* In place of that of the C library. */
int
renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags)
{
	errno = rename_error;
	return rename_error != 0 ? -1 : (int)syscall(SYS_renameat2, from_folder, from, to_folder, to, flags);
}

static void
open_folder(void)
{
	cr_assert_eq(mail_folder_open(&folder, "mail"), 0, "%s", strerror(errno));
}

static void
expect_refused(void)
{
	errno = 0;
	cr_expect_eq(mail_folder_check(&folder), -1);
	cr_expect_eq(errno, ENODEV);
	errno = 0;
	cr_expect_eq(mail_folder_probe("mail"), -1);
	cr_expect_eq(errno, ENODEV);
}

static void
expect_usable(void)
{
	cr_expect_eq(mail_folder_check(&folder), 0, "%s", strerror(errno));
	cr_expect_eq(mail_folder_probe("mail"), 0);
	cr_expect_eq(faccessat(folder.descriptor, MAIL_FOLDER_MARKER, F_OK, 0), 0);
}

static void
touch(const char *path)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
	cr_assert_geq(file, 0, "%s: %s", path, strerror(errno));
	close(file);
}

Test(mail_folder, that_was_never_there_is_made_with_its_marker)
{
	cr_expect_eq(mail_folder_probe("mail"), 0);
	cr_expect_not(mail_folder_exists("mail"));
	open_folder();
	expect_usable();
	cr_expect(mail_folder_exists("mail"));
	cr_expect_eq(access("mail.marked", F_OK), 0);
	mail_folder_close(&folder);
}

/* NFS refuses the flag, and so does ZFS before 2.2. */
Test(mail_folder, is_made_where_a_rename_has_no_flags)
{
	rename_error = EINVAL;
	open_folder();
	expect_usable();
	cr_expect_eq(access("mail.marked", F_OK), 0);
	cr_expect_eq(folder_count("mail.*"), 1, "nothing else is left");
	mail_folder_close(&folder);
}

Test(mail_folder, of_an_earlier_release_gets_its_marker_once)
{
	cr_assert_eq(mkdir("mail", 0700), 0);
	cr_assert_eq(mkdir("mail/example.test", 0700), 0);
	cr_expect_eq(mail_folder_probe("mail"), 0);
	open_folder();
	expect_usable();
	mail_folder_close(&folder);
	cr_assert_eq(unlink("mail/" MAIL_FOLDER_MARKER), 0);
	open_folder();
	expect_refused();
	cr_expect_eq(access("mail/" MAIL_FOLDER_MARKER, F_OK), -1);
	mail_folder_close(&folder);
}

Test(mail_folder, that_is_empty_and_not_ours_is_refused_until_it_is_marked)
{
	cr_assert_eq(mkdir("mail", 0700), 0);
	cr_assert_eq(mkdir("mail/lost+found", 0700), 0);
	open_folder();
	expect_refused();
	cr_expect_eq(openat(folder.descriptor, "x", O_WRONLY | O_CREAT, 0600), -1, "nothing can be made there");
	touch("mail/" MAIL_FOLDER_MARKER);
	expect_usable();
	mail_folder_close(&folder);
}

Test(mail_folder, that_is_new_can_be_begun_once)
{
	cr_expect_not(mail_folder_is_new("mail"), "there is none");
	cr_assert_eq(mkdir("mail", 0700), 0);
	cr_expect(mail_folder_is_new("mail"));
	cr_expect_eq(mail_folder_begin("mail"), 0);
	cr_expect_not(mail_folder_is_new("mail"));
	cr_expect_eq(access("mail.marked", F_OK), 0);
	open_folder();
	expect_usable();
	cr_assert_eq(unlink("mail/" MAIL_FOLDER_MARKER), 0);
	cr_expect_eq(mail_folder_begin("mail"), -1);
	expect_refused();
	cr_assert_eq(unlink("mail.marked"), 0);
	cr_assert_eq(mkdir("mail/example.test", 0700), 0);
	cr_expect_not(mail_folder_is_new("mail"), "it has mailboxes");
	mail_folder_close(&folder);
}

Test(mail_folder, that_vanishes_is_refused_and_not_made_again)
{
	open_folder();
	cr_assert_eq(rename("mail", "volume"), 0);
	expect_refused();
	mail_folder_close(&folder);
	open_folder();
	expect_refused();
	cr_expect_eq(access("mail", F_OK), -1);
	cr_assert_eq(symlink("nowhere", "mail"), 0);
	expect_refused();
	cr_assert_eq(unlink("mail"), 0);
	cr_assert_eq(symlink("volume", "mail"), 0);
	expect_usable();
	mail_folder_close(&folder);
}

Test(mail_folder, of_another_volume_is_followed_by_the_same_descriptor)
{
	open_folder();
	int descriptor = folder.descriptor;
	cr_assert_eq(rename("mail", "first"), 0);
	cr_assert_eq(mkdir("mail", 0700), 0);
	expect_refused();
	cr_expect_eq(faccessat(descriptor, MAIL_FOLDER_MARKER, F_OK, 0), 0, "the first one is still open");
	touch("mail/" MAIL_FOLDER_MARKER);
	touch("mail/second");
	expect_usable();
	cr_expect_eq(folder.descriptor, descriptor);
	cr_expect_eq(faccessat(descriptor, "second", F_OK, 0), 0);
	mail_folder_close(&folder);
}

static enum delivery_result told;

static void
start_inline(struct executor *executor, struct job *job)
{
	(void)executor;
	job->work(job);
	job->done(job);
}

static void
note(void *context, const struct delivery_outcome *outcome)
{
	(void)context;
	told = outcome->result;
}

static unsigned long long
free_of(int descriptor)
{
	struct statvfs status;
	cr_assert_eq(fstatvfs(descriptor, &status), 0);
	return (unsigned long long)status.f_bavail * status.f_frsize;
}

/* The descriptor of the folder is then /dev/null: what is free in /dev does not matter. */
Test(mail_folder, that_is_refused_leaves_min_free_to_that_of_the_queue)
{
	static struct maildir_agent agent;
	static struct executor executor = { .start = start_inline };
	static const struct mailbox anna = { .account = 1, .address = "anna@example.test" };
	struct queue_entry nobody = { .id = "s1u1" };
	cr_assert_eq(mkdir("mail", 0700), 0);
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx.example.test"), 0);
	cr_expect_eq(agent.mail.error, ENODEV);
	unsigned long long room = free_of(agent.mail.descriptor);
	if (room + 1048576 > free_of(agent.queue.folder))
		cr_skip_test("more is free in /dev than in the folder of the queue");
	agent.min_free = (long long)room + 1;
	cr_expect_not(agent.agent.is_full(&agent.agent, &executor));
	agent.agent.check_space(&agent.agent, &executor, &anna, 1, 1, note, NULL);
	cr_expect_eq(told, DELIVERY_OK);
	struct delivery *delivery = agent.agent.begin(&agent.agent, &anna, 1, &nobody);
	cr_assert(delivery->ops->append(delivery, "x\r\n", 3));
	delivery->ops->commit(delivery, &executor, DELIVERY_TIMEOUT, note, NULL);
	cr_expect_eq(told, DELIVERY_FAILED);
	maildir_agent_close(&agent);
}
