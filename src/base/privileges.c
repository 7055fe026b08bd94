/* Going on as another user, with fewer rights. */
#include "base/privileges.h"

#include <grp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

int
privileges_become(uid_t user, gid_t group)
{
	if (geteuid() == user && getegid() == group)
		return 0;
	if (setgroups(0, NULL) < 0 || setresgid(group, group, group) < 0)
		return -1;
	return setresuid(user, user, user);
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
