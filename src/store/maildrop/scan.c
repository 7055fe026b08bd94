/* The names of the files in a Maildir, as they come from the disk. Blocks. */
#include "store/maildrop/scan.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "store/change_time.h"
#include "store/maildrop/name.h"

enum { TRIES = 3 };

/* Makes room for so many more octets of names. */
static int
reserve_names(struct drop_list *list, size_t len)
{
	size_t room = list->names_room == 0 ? 4096 : list->names_room;
	if (list->names_len + len <= list->names_room)
		return 0;
	while (room < list->names_len + len)
		room *= 2;
	char *names = list->names_len + len > UINT32_MAX ? NULL : realloc(list->names, room);
	if (names == NULL) {
		errno = ENOMEM;
		return -1;
	}
	list->names = names;
	list->names_room = room;
	return 0;
}

static int
reserve_message(struct drop_list *list)
{
	size_t room = list->room == 0 ? 64 : 2 * list->room;
	if (list->count < list->room)
		return 0;
	struct drop_message *messages = reallocarray(list->messages, room, sizeof *messages);
	if (messages == NULL)
		return -1;
	list->messages = messages;
	list->room = room;
	return 0;
}

int
drop_scan_add(struct drop_list *list, enum drop_folder folder, const char *name, size_t len)
{
	assert(len <= NAME_MAX);
	if (reserve_names(list, len + 1) < 0 || reserve_message(list) < 0)
		return -1;
	const struct drop_name told = drop_name_parse(name);
	list->messages[list->count++] = (struct drop_message) {
		.arrival = told.arrival,
		.name = (uint32_t)list->names_len,
		.len = (uint8_t)len,
		.base_len = (uint8_t)told.base_len,
		.folder = (uint8_t)folder,
	};
	memcpy(list->names + list->names_len, name, len + 1);
	list->names_len += len + 1;
	return 0;
}

static bool
is_message(DIR *entries, const struct dirent *entry)
{
	struct stat status;
	if (entry->d_name[0] == '.')
		return false;
	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type == DT_REG;
	return fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode);
}

static int
scan_entries(struct drop_list *list, DIR *entries, enum drop_folder folder)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(entries);
		if (entry == NULL)
			return errno == 0 ? 0 : -1;
		if (is_message(entries, entry) && drop_scan_add(list, folder, entry->d_name, strlen(entry->d_name)) < 0)
			return -1;
	}
}

static int
scan_folder(struct drop_list *list, const struct drop_folders *folders, enum drop_folder folder)
{
	DIR *entries = drop_folders_entries(folders, folder);
	if (entries == NULL)
		return -1;
	int result = scan_entries(list, entries, folder);
	int error = errno;
	closedir(entries);
	errno = error;
	return result;
}

/* Is a folder unchanged since a time, and would its time stamp show a change? */
static bool
is_unchanged(int folder, const struct timespec *since)
{
	struct stat status;
	return fstat(folder, &status) < 0 || change_time_is_settled(&status.st_mtim, since);
}

/* A message that is renamed while its folder is read may be found under neither name: the folder is read again. */
static int
scan_cur(struct drop_list *list, const struct drop_folders *folders)
{
	const size_t names_len = list->names_len, count = list->count;
	for (int i = 0; i < TRIES; i++) {
		if (i > 0)
			change_time_wait();
		const struct timespec begun = change_time_now();
		list->names_len = names_len;
		list->count = count;
		if (scan_folder(list, folders, DROP_CUR) < 0)
			return -1;
		if (is_unchanged(folders->descriptors[DROP_CUR], &begun))
			break;
	}
	return 0;
}

/* new before cur: a message that is moved meanwhile is found twice, never missed. */
int
drop_scan(struct drop_list *list, const struct drop_folders *folders)
{
	if (folders->descriptors[DROP_NEW] >= 0 && scan_folder(list, folders, DROP_NEW) < 0)
		return -1;
	return folders->descriptors[DROP_CUR] >= 0 ? scan_cur(list, folders) : 0;
}
