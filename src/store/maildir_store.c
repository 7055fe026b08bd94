/* Makes the Maildirs of new accounts. */
#include "store/maildir_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"

static int
make(struct mailbox_store *base, const struct mailbox *mailbox)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	return maildir_path(path, mailbox) < 0 ? -1 : maildir_make(store->folder, path);
}

int
maildir_store_open(struct maildir_store *store, const char *data)
{
	char path[PATH_MAX];
	*store = (struct maildir_store) { .store = { .make = make }, .folder = -1 };
	if (snprintf(path, sizeof path, "%s/mail", data) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -1;
	store->folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return store->folder < 0 ? -1 : 0;
}

void
maildir_store_close(struct maildir_store *store)
{
	close(store->folder);
}
