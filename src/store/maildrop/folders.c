/* A Maildir and its two folders of messages, open. Blocks. */
#include "store/maildrop/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

const char *const drop_place_names[DROP_PLACES] = { "new", "cur" };

int
drop_folders_open(struct drop_folders *folders, int folder, const char *path)
{
	*folders = (struct drop_folders) { openat(folder, path, FLAGS), { -1, -1 } };
	if (folders->maildir < 0)
		return -1;
	for (int i = 0; i < DROP_PLACES; i++) {
		folders->places[i] = openat(folders->maildir, drop_place_names[i], FLAGS);
		if (folders->places[i] >= 0 || errno == ENOENT)
			continue;
		drop_folders_close(folders);
		return -1;
	}
	return 0;
}

void
drop_folders_close(struct drop_folders *folders)
{
	int error = errno;
	for (int i = 0; i < DROP_PLACES; i++)
		if (folders->places[i] >= 0)
			close(folders->places[i]);
	close(folders->maildir);
	errno = error;
}

DIR *
drop_folders_entries(const struct drop_folders *folders, enum drop_place place)
{
	int descriptor = openat(folders->places[place], ".", FLAGS);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (entries == NULL && descriptor >= 0)
		close(descriptor);
	return entries;
}
