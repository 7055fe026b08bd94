/* A Maildir and its two folders of messages, open. Blocks. */
#include "store/maildrop/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC };

const char *const drop_folder_names[DROP_FOLDERS] = { "new", "cur" };

int
drop_folders_open(struct drop_folders *folders, int folder, const char *path)
{
	*folders = (struct drop_folders) { openat(folder, path, FLAGS), { -1, -1 } };
	if (folders->maildir < 0)
		return -1;
	for (int i = 0; i < DROP_FOLDERS; i++) {
		folders->descriptors[i] = openat(folders->maildir, drop_folder_names[i], FLAGS);
		if (folders->descriptors[i] >= 0 || errno == ENOENT)
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
	for (int i = 0; i < DROP_FOLDERS; i++)
		if (folders->descriptors[i] >= 0)
			close(folders->descriptors[i]);
	close(folders->maildir);
	errno = error;
}

DIR *
drop_folders_entries(const struct drop_folders *folders, enum drop_folder folder)
{
	int descriptor = openat(folders->descriptors[folder], ".", FLAGS);
	DIR *entries = descriptor < 0 ? NULL : fdopendir(descriptor);
	if (entries == NULL && descriptor >= 0)
		close(descriptor);
	return entries;
}
