/* Files of a Maildir that have one UNIQUE, which maildir(5) rules out, and would have one unique-id. Blocks. */
#include "store/maildrop/duplicates.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "store/maildrop/scan.h"

enum { SUFFIX_SIZE = 64 };

static bool
find_file(
    const struct drop_list *list, const struct drop_folders *folders, const struct drop_message *m, struct stat *status)
{
	return fstatat(folders->descriptors[m->folder], drop_list_name(list, m), status, AT_SYMLINK_NOFOLLOW) == 0;
}

static bool
has_same_unique(const struct drop_list *list, const struct drop_message *one, const struct drop_message *other)
{
	return one->arrival == other->arrival && one->base_len == other->base_len &&
	    memcmp(drop_list_name(list, one), drop_list_name(list, other), one->base_len) == 0;
}

/*
 * The present time makes the new name unique: the lock lets one session do this at a time. The rest of the name after
 * UNIQUE is kept. A name that would be too long is cut in UNIQUE.
 */
static bool
put_name(char name[NAME_MAX + 1], const char *old, const struct drop_message *message, size_t number)
{
	struct timespec now;
	char suffix[SUFFIX_SIZE];
	clock_gettime(CLOCK_REALTIME, &now);
	int len = snprintf(
	    suffix, sizeof suffix, "-%llx.%lx.%zx", (unsigned long long)now.tv_sec, (unsigned long)now.tv_nsec, number);
	int rest = message->len - message->base_len;
	int base = NAME_MAX - rest - len < message->base_len ? NAME_MAX - rest - len : message->base_len;
	if (base < 0)
		return false;
	snprintf(name, NAME_MAX + 1, "%.*s%s%s", base, old, suffix, old + message->base_len);
	return true;
}

/* Gives a message a UNIQUE of its own. False if it cannot be renamed. */
static bool
rename_message(struct drop_list *list, const struct drop_folders *folders, size_t number)
{
	char name[NAME_MAX + 1];
	const struct drop_message message = list->messages[number];
	int folder = folders->descriptors[message.folder];
	const char *old = drop_list_name(list, &message);
	if (!put_name(name, old, &message, number) || renameat(folder, old, folder, name) < 0 ||
	    drop_scan_add(list, message.folder, name, strlen(name)) < 0)
		return false;
	list->messages[number] = list->messages[--list->count];
	return true;
}

bool
drop_separate_duplicates(struct drop_list *list, const struct drop_folders *folders)
{
	size_t kept = 0, first = 0; /* first: of those with one UNIQUE */
	bool renamed = false;
	for (size_t i = 0; i < list->count; i++) {
		struct stat status, other;
		if (i == 0 || !has_same_unique(list, &list->messages[first], &list->messages[i])) {
			first = kept;
		} else if (!find_file(list, folders, &list->messages[first], &status)) {
			list->messages[first] = list->messages[i];
			continue;
		} else if (!find_file(list, folders, &list->messages[i], &other) ||
		    (status.st_ino == other.st_ino && status.st_dev == other.st_dev) ||
		    !rename_message(list, folders, i)) {
			continue;
		} else {
			renamed = true;
		}
		list->messages[kept++] = list->messages[i];
	}
	list->count = kept;
	return renamed;
}
