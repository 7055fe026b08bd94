/* Dropping the rights of root. */
#include "base/system/privileges.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { USER = 65534, GROUP = 65534 };

/* The home of root cannot be looked into by another user, and libraries that look there for their files fail. */
Test(privileges, home_of_root_is_forgotten_with_its_rights)
{
	if (geteuid() != 0)
		cr_skip_test("only root can become another user");
	pid_t child = fork();
	cr_assert_geq(child, 0);
	if (child == 0) {
		setenv("HOME", "/root", 1);
		_exit(privileges_become(USER, GROUP) < 0 ? 2 : getenv("HOME") != NULL);
	}
	int status;
	cr_assert_eq(waitpid(child, &status, 0), child);
	cr_assert(WIFEXITED(status));
	cr_expect_eq(WEXITSTATUS(status), 0);
}

Test(privileges, home_of_the_same_user_stays)
{
	setenv("HOME", "/home", 1);
	cr_expect_eq(privileges_become(geteuid(), getegid()), 0);
	cr_expect_str_eq(getenv("HOME"), "/home");
}
