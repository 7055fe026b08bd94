/* Maildirs: names that lead nowhere else, the making of them, the clearing of old files. */
#include "store/maildir.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

static void
expect_path(const char *domain, const char *local, const char *path)
{
	char made[MAILBOX_PATH_SIZE];
	cr_assert(maildir_path(made, domain, local));
	cr_expect_str_eq(made, path);
}

Test(maildir, plain_names_are_kept_in_lower_case)
{
	expect_path("example.test", "anna", "example.test/anna");
	expect_path("Example.TEST", "Anna.B_c-d+e=f1", "example.test/anna.b_c-d+e=f1");
}

Test(maildir, names_cannot_lead_out_of_the_folder)
{
	expect_path("example.test", "..", "example.test/%2E.");
	expect_path("example.test", ".hidden", "example.test/%2Ehidden");
	expect_path("example.test", "../../etc/passwd", "example.test/%2E.%2F..%2Fetc%2Fpasswd");
	expect_path("..", "a", "%2E./a");
	expect_path("a/b", "a", "a%2Fb/a");
}

Test(maildir, odd_octets_and_the_escape_itself_are_escaped)
{
	expect_path("example.test", "a b%41\xC3\xB6\n", "example.test/a%20b%2541%C3%B6%0A");
}

Test(maildir, longest_name_fits)
{
	char local[ADDRESS_LOCAL_MAX + 2], domain[ADDRESS_DOMAIN_MAX + 2], path[MAILBOX_PATH_SIZE];
	memset(local, '/', sizeof local);
	memset(domain, 'd', sizeof domain);
	local[ADDRESS_LOCAL_MAX] = domain[ADDRESS_DOMAIN_MAX] = '\0';
	cr_expect(maildir_path(path, domain, local));
	cr_expect_eq(strlen(path), MAILBOX_PATH_SIZE - 1);
	memset(local, '/', sizeof local - 1);
	local[ADDRESS_LOCAL_MAX + 1] = '\0';
	cr_expect_not(maildir_path(path, domain, local));
}

Test(maildir, empty_and_overlong_names_have_no_path)
{
	char path[MAILBOX_PATH_SIZE], domain[ADDRESS_DOMAIN_MAX + 1];
	memset(domain, '/', ADDRESS_DOMAIN_MAX);
	domain[ADDRESS_DOMAIN_MAX] = '\0';
	cr_expect_not(maildir_path(path, "", "a"));
	cr_expect_not(maildir_path(path, "a", ""));
	cr_expect_not(maildir_path(path, domain, "a"));
}

Test(maildir, is_made_for_its_owner_alone, .init = folder_make, .fini = folder_remove)
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

Test(maildir, sweep_takes_old_files_of_tmp_and_nothing_else, .init = folder_make, .fini = folder_remove)
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
