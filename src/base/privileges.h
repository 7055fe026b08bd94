/* Going on as another user, with fewer rights. */
#ifndef BASE_PRIVILEGES_H
#define BASE_PRIVILEGES_H

#include <sys/types.h>

/*
 * Becomes this user and group for good, with no other groups. Only root can. Returns 0, or -1 with errno. Does nothing
 * if the process is that user already.
 */
int privileges_become(uid_t user, gid_t group);

/* Becomes the owner of a folder if the process is root's, so that what it makes there belongs to whoever uses it. */
int privileges_become_owner(const char *folder);

/* No program that this process or a child runs gains rights (set-user-ID and the like). Returns 0, or -1 with errno. */
int privileges_gain_none(void);

/*
 * Keeps passwords and keys out of core dumps: this process and its children write none, and no other process of the same
 * user may trace them or read their memory (prctl(2), PR_SET_DUMPABLE); root still may. Must be called after
 * privileges_become(), which resets the attribute. The environment variable FTGATE_CORE_DUMPS=yes switches it off, and so
 * does a build with a sanitizer, which has to trace itself. Returns 0, or -1 with errno.
 */
int privileges_dump_nothing(void);

#endif
