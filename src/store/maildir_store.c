/* Makes the Maildirs of new accounts. */
#include "store/maildir_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"

/* Opens the folder of all mail. Returns 0, or -1 with errno. */
static int
open_folder(struct maildir_store *store)
{
	store->folder = open(store->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return store->folder < 0 ? -1 : 0;
}

/* The path of a mailbox in the folder of all mail, which is made if it is missing. */
static int
find_path(struct maildir_store *store, const struct mailbox *mailbox, char path[MAILDIR_PATH_SIZE])
{
	if (store->folder < 0 && ((mkdir(store->path, 0700) < 0 && errno != EEXIST) || open_folder(store) < 0))
		return -1;
	return maildir_path(path, mailbox);
}

static int
make(struct mailbox_store *base, const struct mailbox *mailbox)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	return find_path(store, mailbox, path) < 0 ? -1 : maildir_make(store->folder, path);
}

static int
prepare(struct mailbox_store *base, const struct mailbox *mailbox)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	return find_path(store, mailbox, path) < 0 ? -1 : maildir_prepare(store->folder, path);
}

/* One call for thousands of folders: each of them would wait for the disk. */
static int
settle(struct mailbox_store *base)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return store->folder < 0 ? 0 : syncfs(store->folder);
}

int
maildir_store_open(struct maildir_store *store, const char *data)
{
	*store = (struct maildir_store) { .store = { .make = make, .prepare = prepare, .settle = settle },
		.folder = -1 };
	if (snprintf(store->path, sizeof store->path, "%s/mail", data) >= (int)sizeof store->path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return open_folder(store) == 0 || errno == ENOENT ? 0 : -1;
}

void
maildir_store_close(struct maildir_store *store)
{
	if (store->folder >= 0)
		close(store->folder);
}
