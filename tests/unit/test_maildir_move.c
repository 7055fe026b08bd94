/* Moving Maildirs while deliveries come, faults strike, and symbolic links lead to other disks. */
#include "store/maildir_move.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"
#include "support/fault.h"
#include "support/folder.h"

int __real_renameat2(int from, const char *old, int to, const char *new, unsigned flags);
int __wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags);

static int folder, rename_error, delivery_error;
static const char *delivered; /* a Maildir that a delivery makes as soon as the move has renamed */

int
__wrap_renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
	if (rename_error != 0) {
		errno = rename_error;
		return -1;
	}
	int result = __real_renameat2(from, old, to, new, flags);
	if (result == 0 && delivered != NULL)
		delivery_error = maildir_make(folder, delivered) == 0 ? 0 : errno;
	return result;
}

/* A Maildir with a message. */
static void
make(const char *path)
{
	char message[MAILDIR_PATH_SIZE + sizeof "/new/1"];
	cr_assert_eq(maildir_make(folder, path), 0);
	snprintf(message, sizeof message, "%s/new/1", path);
	int file = openat(folder, message, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	cr_assert(file >= 0 && close(file) == 0);
}

static void
begin(void)
{
	folder_make();
	folder = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	make("a.test/anna");
}

static void
end(void)
{
	close(folder);
	folder_remove();
}

TestSuite(maildir_move, .init = begin, .fini = end);

static void
expect_failure(int result, int error)
{
	cr_expect_eq(errno, error, "%d", errno);
	cr_expect_eq(result, -1);
	cr_expect_eq(folder_count("a.test/anna/new/1"), 1);
}

Test(maildir_move, delivery_during_a_move_does_not_make_the_old_maildir_again)
{
	delivered = "a.test/anna";
	cr_expect_eq(maildir_move(folder, "a.test/anna", "a.test/eva"), 0);
	cr_expect_eq(delivery_error, ENOTDIR);
	cr_expect_eq(maildir_move_domain(folder, "a.test", "b.test"), 0);
	cr_expect_eq(delivery_error, ENOTDIR);
	cr_expect_eq(folder_count("b.test/eva/new/1"), 1);
}

Test(maildir_move, postmaster_gets_mail_during_a_move)
{
	make("a.test/postmaster");
	delivered = "a.test/postmaster";
	cr_expect_eq(maildir_move(folder, "a.test/postmaster", "a.test/eva"), 0);
	cr_expect_eq(delivery_error, 0);
	cr_expect_eq(folder_count("a.test/eva/new/1"), 1);
	cr_expect_eq(folder_count("a.test/postmaster/new"), 1);
}

Test(maildir_move, fault_at_any_call_leaves_the_mail_where_it_was)
{
	static const enum fault_call calls[] = { FAULT_OPENAT, FAULT_FSYNC, FAULT_CLOSE };
	unsigned struck = 0;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		for (int nth = 0; nth < 8; nth++) {
			fault_set(calls[i], nth, ENOSPC);
			int result = maildir_move(folder, "a.test/anna", "a.test/postmaster");
			fault_set(FAULT_CALLS, 0, 0);
			if (result < 0)
				expect_failure(result, ENOSPC);
			else
				cr_assert_eq(maildir_move(folder, "a.test/postmaster", "a.test/anna"), 0);
			struck += result < 0;
			cr_assert_eq(folder_count("a.test/anna/new/1"), 1);
			cr_assert_eq(folder_count("a.test/postmaster"), 0);
		}
	cr_expect_geq(struck, 4, "%u", struck);
}

Test(maildir_move, file_system_that_cannot_exchange_names_is_an_error)
{
	rename_error = EINVAL;
	expect_failure(maildir_move(folder, "a.test/anna", "a.test/eva"), EOPNOTSUPP);
	cr_expect_eq(folder_count("a.test/eva"), 0);
	expect_failure(maildir_move_domain(folder, "a.test", "b.test"), EOPNOTSUPP);
	cr_expect_eq(folder_count("b.test"), 0);
}

Test(maildir_move, mail_behind_a_symbolic_link_gets_the_new_name)
{
	cr_assert_eq(rename("a.test", ".disk"), 0);
	cr_assert_eq(symlink(".disk", "a.test"), 0);
	cr_expect_eq(maildir_move_domain(folder, "a.test", "b.test"), 0);
	cr_expect_eq(folder_count("b.test/anna/new/1"), 1);
	cr_assert_eq(rename(".disk/anna", ".anna"), 0);
	cr_assert_eq(symlink("../.anna", ".disk/anna"), 0);
	cr_expect_eq(maildir_move(folder, "b.test/anna", "b.test/eva"), 0);
	cr_expect_eq(folder_count("b.test/eva/new/1"), 1);
	cr_expect_neq(maildir_make(folder, "b.test/anna"), 0);
	cr_expect_eq(maildir_move(folder, "b.test/eva", "b.test/anna"), 0);
	cr_expect_eq(folder_count("b.test/anna/new/1"), 1);
}

Test(maildir_move, link_that_would_lead_elsewhere_stays)
{
	cr_assert_eq(rename("a.test/anna", "a.test/.anna"), 0);
	cr_assert_eq(symlink(".anna", "a.test/anna"), 0);
	make("b.test/.anna");
	expect_failure(maildir_move(folder, "a.test/anna", "b.test/eva"), EXDEV);
	cr_expect_eq(folder_count("b.test/eva"), 0);
}

Test(maildir_move, what_is_no_maildir_is_an_error)
{
	cr_assert_eq(symlink("/nowhere/at/all", "a.test/bob"), 0);
	expect_failure(maildir_move(folder, "a.test/bob", "a.test/eva"), ENOENT);
	int file = open("a.test/carl", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	cr_assert(file >= 0 && write(file, "x", 1) == 1 && close(file) == 0);
	expect_failure(maildir_move(folder, "a.test/carl", "a.test/eva"), ENOTDIR);
	cr_expect_eq(maildir_move(folder, "a.test/dora", "a.test/eva"), 0);
}

Test(maildir_move, what_is_at_the_new_name_stays)
{
	make("b.test/eva");
	cr_assert_eq(symlink("../a.test/anna", "b.test/link"), 0);
	expect_failure(maildir_move(folder, "a.test/anna", "b.test/eva"), ENOTEMPTY);
	expect_failure(maildir_move(folder, "a.test/anna", "b.test/link"), EEXIST);
	expect_failure(maildir_move_domain(folder, "a.test", "b.test"), ENOTEMPTY);
	cr_assert_eq(symlink("b.test", "c.test"), 0);
	expect_failure(maildir_move_domain(folder, "a.test", "c.test"), EEXIST);
	cr_expect_eq(folder_count("b.test/link/new/1"), 1);
	cr_expect_eq(folder_count("b.test/eva/new/1"), 1);
}
