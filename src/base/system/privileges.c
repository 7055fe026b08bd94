/* Dropping the rights of root. */
#include "base/system/privileges.h"

#include <grp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

int
privileges_become(uid_t user, gid_t group)
{
	if (geteuid() == user && getegid() == group)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0)
		return -1;
	if (setresuid(user, user, user) < 0)
		return -1;
	return unsetenv("HOME");
}

int
privileges_become_owner(const char *folder)
{
	struct stat status;
	if (geteuid() != 0)
		return 0;
	if (stat(folder, &status) < 0)
		return -1;
	return privileges_become(status.st_uid, status.st_gid);
}

int
privileges_gain_none(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

static bool
may_dump(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return true;
#else
	const char *wish = getenv("FTGATE_CORE_DUMPS");
	return wish != NULL && strcmp(wish, "yes") == 0;
#endif
}

int
privileges_dump_nothing(void)
{
	const struct rlimit none = { 0, 0 };
	if (may_dump())
		return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	if (setrlimit(RLIMIT_CORE, &none) < 0)
		return -1;
	return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}
