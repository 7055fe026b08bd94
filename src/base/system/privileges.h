/* Dropping the rights of root. */
#ifndef BASE_PRIVILEGES_H
#define BASE_PRIVILEGES_H

#include <sys/types.h>

/*
 * Becomes this user and group permanently, without supplementary groups. Only root can. Does nothing if the process has
 * this user and group already. Removes HOME from the environment, so that libraries look for files in the user's home.
 * In root's home, libpq fails because it has no permission. No other thread may run. Returns 0, or -1 with errno.
 */
int privileges_become(uid_t user, gid_t group);

/*
 * If root runs the process, becomes the owner of a folder, so that the files that it makes there belong to the user of
 * the folder. Returns 0, or -1 with errno.
 */
int privileges_become_owner(const char *folder);

/*
 * Denies new rights (by set-user-ID and the like) to all programs that this
 * process and its children run. Returns 0, or -1 with errno.
 */
int privileges_gain_none(void);

/*
 * Keeps passwords and keys out of core dumps: this process and its children write none, and no other process of the
 * same user may trace them or read their memory (prctl(2), PR_SET_DUMPABLE); root still may. Must be called after
 * privileges_become(), which resets the attribute. The environment variable FTGATE_CORE_DUMPS=yes switches it off, and
 * so does a build with a sanitizer, which has to trace itself. Returns 0, or -1 with errno.
 */
int privileges_dump_nothing(void);

#endif
