/* Listening sockets by their addresses: TCP, and paths of Unix domain sockets. */
#include "net/listen.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/folder.h"

static char path[100], name[LISTEN_NAME_SIZE], error[LISTEN_ERROR_SIZE];

static void
set_up(void)
{
	char folder[80];
	folder_make();
	cr_assert_not_null(getcwd(folder, sizeof folder));
	snprintf(path, sizeof path, "%s/socket", folder);
}

TestSuite(listen, .init = set_up, .fini = folder_remove);

static int
reach(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memcpy(address.sun_path, path, strlen(path));
	int result = connect(descriptor, (const struct sockaddr *)&address, sizeof address);
	close(descriptor);
	return result;
}

Test(listen, path_can_be_reached_by_every_user)
{
	struct stat status;
	int descriptor = listen_open(path, name, error);
	cr_assert_geq(descriptor, 0, "%s", error);
	cr_expect_str_eq(name, path);
	cr_assert_eq(stat(path, &status), 0);
	cr_expect_eq(status.st_mode & 0777, 0666U);
	cr_expect_eq(reach(), 0);
	close(descriptor);
}

Test(listen, socket_that_was_left_is_replaced)
{
	close(listen_open(path, name, error));
	cr_expect_eq(reach(), -1);
	int descriptor = listen_open(path, name, error);
	cr_assert_geq(descriptor, 0, "%s", error);
	cr_expect_eq(reach(), 0);
	close(descriptor);
}

Test(listen, socket_in_use_and_files_are_not_replaced)
{
	int first = listen_open(path, name, error);
	cr_expect_eq(listen_open(path, name, error), -1);
	cr_expect_neq(strstr(error, "cannot listen on"), NULL, "%s", error);
	cr_expect_eq(reach(), 0);
	close(first);
	cr_assert_eq(unlink(path), 0);
	close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
	cr_expect_eq(listen_open(path, name, error), -1);
	cr_expect_eq(access(path, F_OK), 0);
}

Test(listen, path_is_adopted_with_its_name)
{
	char other[LISTEN_NAME_SIZE];
	int descriptor = listen_open(path, name, error);
	cr_expect_eq(listen_adopt(descriptor, other, error), descriptor, "%s", error);
	cr_expect_str_eq(other, path);
	close(descriptor);
}

Test(listen, addresses_are_told_apart)
{
	cr_expect(listen_is_path("/run/socket"));
	cr_expect_not(listen_is_path("run/socket"));
	cr_expect_not(listen_is_path("127.0.0.1:25"));
	cr_expect_eq(listen_check("/run/socket", error), -1);
	cr_expect_eq(listen_check("[::1]:25", error), 0);
	cr_expect(
	    listen_is_loopback("/run/socket") && listen_is_loopback("127.1.2.3:1") && listen_is_loopback("[::1]:1"));
	cr_expect_not(listen_is_loopback("0.0.0.0:1") || listen_is_loopback("[::]:1") || listen_is_loopback("nowhere"));
	cr_expect(listen_is_same("/run/a", "/run/a") && listen_is_same("[::1]:7", "[0:0::1]:7"));
	cr_expect_not(
	    listen_is_same("/run/a", "/run/b") || listen_is_same("/run/a", "127.0.0.1:1") || listen_is_same("", ""));
}

Test(listen, path_longer_than_a_socket_address_is_none)
{
	char longest[109] = "/";
	memset(longest + 1, 'x', 107);
	cr_expect_not(listen_is_path(longest));
	longest[107] = '\0';
	cr_expect(listen_is_path(longest));
	_Static_assert((int)LISTEN_NAME_SIZE > 107, "a path fits a name");
}
