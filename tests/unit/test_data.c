/* The data folder. */
#include "base/system/data.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[32], path[PATH_MAX];

static void
set_up(void)
{
	snprintf(folder, sizeof folder, "/tmp/ftgate-data-XXXXXX");
	cr_assert_not_null(mkdtemp(folder));
	cr_assert_eq(data_path(path, folder, "secret"), 0);
}

static void
tear_down(void)
{
	unlink(path);
	cr_expect_eq(rmdir(folder), 0, "nothing else is left");
}

TestSuite(data, .init = set_up, .fini = tear_down);

Test(data, a_secret_stays)
{
	char first[32], again[32];
	struct stat status;
	cr_assert_eq(data_secret(folder, "secret", first, sizeof first), 0);
	cr_assert_eq(data_secret(folder, "secret", again, sizeof again), 0);
	cr_expect_arr_eq(first, again, sizeof first);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 0777, 0600);
}

Test(data, secrets_differ)
{
	char first[32], other[32];
	cr_assert_eq(data_secret(folder, "secret", first, sizeof first), 0);
	unlink(path);
	cr_assert_eq(data_secret(folder, "secret", other, sizeof other), 0);
	cr_expect_neq(memcmp(first, other, sizeof first), 0);
}

Test(data, secret_of_a_wrong_length_is_refused)
{
	char octets[32];
	cr_assert_eq(data_secret(folder, "secret", octets, 31), 0);
	cr_expect_eq(data_secret(folder, "secret", octets, 32), -1);
	cr_expect_eq(errno, EBADMSG);
	cr_expect_eq(data_secret(folder, "secret", octets, 30), -1);
	cr_expect_eq(errno, EBADMSG);
}

Test(data, secret_without_a_folder_is_reported)
{
	char octets[32];
	cr_expect_eq(data_secret("/nonexistent", "secret", octets, 32), -1);
	cr_expect_eq(errno, ENOENT);
}
