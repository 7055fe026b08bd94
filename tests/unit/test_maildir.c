/* Maildirs: names that lead nowhere else, the making of them, the clearing of old files. */
#include "store/maildir.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

static void
expect_path(const char *local, const char *domain, const char *path)
{
	struct mailbox mailbox = { 0 };
	char made[MAILDIR_PATH_SIZE];
	cr_assert(mailbox_set_address(&mailbox, local, domain));
	cr_assert_eq(maildir_path(made, &mailbox), 0, "%s", mailbox.address);
	cr_expect_str_eq(made, path);
}

static void
expect_no_path(const char *address, int error)
{
	struct mailbox mailbox = { 0 };
	char made[MAILDIR_PATH_SIZE] = "x";
	snprintf(mailbox.address, sizeof mailbox.address, "%s", address);
	errno = 0;
	cr_expect_eq(maildir_path(made, &mailbox), -1, "%s", address);
	cr_expect_eq(errno, error, "%s", address);
	cr_expect_str_eq(made, "");
}

Test(maildir, plain_names_are_kept_in_lower_case)
{
	expect_path("anna", "example.test", "example.test/anna");
	expect_path("Anna.B_c-d+e=f1", "Example.TEST", "example.test/anna.b_c-d+e=f1");
}

Test(maildir, names_cannot_lead_out_of_the_folder)
{
	expect_path("..", "example.test", "example.test/%2E.");
	expect_path(".hidden", "example.test", "example.test/%2Ehidden");
	expect_path("../../etc/passwd", "example.test", "example.test/%2E.%2F..%2Fetc%2Fpasswd");
	expect_no_path("a@..", EINVAL);
	expect_no_path("a@a/b", EINVAL);
	expect_no_path("a@/", EINVAL);
}

Test(maildir, odd_octets_and_the_escape_itself_are_escaped)
{
	expect_path("a b%41\xC3\xB6\"\\", "example.test", "example.test/a%20b%2541%C3%B6%22%5C");
	expect_path("a/b%c", "[192.0.2.1]", "%5B192.0.2.1%5D/a%2Fb%25c");
}

Test(maildir, longest_name_fits)
{
	char local[ADDRESS_LOCAL_MAX + 1], domain[ADDRESS_DOMAIN_MAX + 1], path[MAILDIR_PATH_SIZE];
	struct mailbox mailbox = { 0 };
	memset(local, '/', ADDRESS_LOCAL_MAX);
	memset(domain, 'd', ADDRESS_DOMAIN_MAX);
	for (size_t i = 63; i < ADDRESS_DOMAIN_MAX; i += 64)
		domain[i] = '.';
	local[ADDRESS_LOCAL_MAX] = domain[ADDRESS_DOMAIN_MAX] = '\0';
	cr_expect(mailbox_set_address(&mailbox, local, domain));
	cr_expect_eq(maildir_path(path, &mailbox), 0);
	cr_expect_eq(strlen(path), MAILDIR_PATH_SIZE - 1);
}

Test(maildir, folder_of_a_domain_is_its_a_label_form)
{
	expect_path("anna",
	    "b\xC3\xBC"
	    "cher.example",
	    "xn--bcher-kva.example/anna");
}

Test(maildir, malformed_address_has_no_path)
{
	expect_no_path("", EINVAL);
	expect_no_path("a", EINVAL);
	expect_no_path("@example.test", EINVAL);
	expect_no_path("\"\"@example.test", EINVAL);
	expect_no_path("a\n@example.test", EINVAL);
}

Test(maildir, mailbox_has_no_address_without_names_of_a_legal_length)
{
	char local[ADDRESS_LOCAL_MAX + 2] = "";
	struct mailbox mailbox = { .address = "x" };
	memset(local, 'l', ADDRESS_LOCAL_MAX + 1);
	cr_expect_not(mailbox_set_address(&mailbox, local, "example.test"));
	cr_expect_str_eq(mailbox.address, "");
	cr_expect_not(mailbox_set_address(&mailbox, "", "example.test"));
	cr_expect_not(mailbox_set_address(&mailbox, "a", ""));
}

Test(maildir, is_created_with_mode_0700, .init = folder_make, .fini = folder_remove)
{
	struct stat status;
	int folder = open(".", O_RDONLY | O_DIRECTORY);
	cr_assert_eq(maildir_make(folder, "example.test/anna"), 0);
	cr_expect_eq(folder_count("example.test/anna/*"), 3);
	cr_assert_eq(stat("example.test/anna/new", &status), 0);
	cr_expect_eq(status.st_mode & 0777, 0700);
	cr_expect_eq(maildir_make(folder, "example.test/anna"), 0, "a second time changes nothing");
}

static void
make_file(const char *path, time_t age)
{
	const struct timespec times[2] = { { .tv_sec = time(NULL) - age }, { .tv_sec = time(NULL) - age } };
	int file = open(path, O_WRONLY | O_CREAT, 0600);
	cr_assert_geq(file, 0);
	cr_assert_eq(futimens(file, times), 0);
	close(file);
}

Test(maildir, sweep_removes_only_old_files_of_tmp, .init = folder_make, .fini = folder_remove)
{
	int folder = open(".", O_RDONLY | O_DIRECTORY);
	cr_assert_eq(maildir_make(folder, "example.test/anna"), 0);
	cr_assert_eq(maildir_make(folder, "example.test/bob"), 0);
	make_file("example.test/anna/tmp/old", MAILDIR_STALE + 10);
	make_file("example.test/bob/tmp/old", MAILDIR_STALE + 10);
	make_file("example.test/bob/tmp/young", MAILDIR_STALE - 10);
	make_file("example.test/bob/new/old", MAILDIR_STALE + 10);
	cr_expect_eq(maildir_sweep(folder, time(NULL)), 2);
	cr_expect_eq(folder_count("*/*/*/*"), 2);
	cr_expect_eq(folder_count("example.test/bob/tmp/young"), 1);
}
