/* The folder of all mail: its marker is made once, and without it nothing is stored. */
#include "store/mail_folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

TestSuite(mail_folder, .init = folder_make, .fini = folder_remove);

static struct mail_folder folder;

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
