/* Makes the Maildirs of new accounts. */
#include "store/maildir_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/maildir_move.h"

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
	if (find_path(store, mailbox, path) < 0 || maildir_free_name(store->folder, path) < 0)
		return -1;
	return maildir_make(store->folder, path);
}

static int
prepare(struct mailbox_store *base, const struct mailbox *mailbox)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	if (find_path(store, mailbox, path) < 0 || maildir_free_name(store->folder, path) < 0)
		return -1;
	return maildir_prepare(store->folder, path);
}

static int
move(struct mailbox_store *base, const struct mailbox *from, const struct mailbox *to)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char from_path[MAILDIR_PATH_SIZE], to_path[MAILDIR_PATH_SIZE];
	if (find_path(store, from, from_path) < 0 || find_path(store, to, to_path) < 0)
		return -1;
	return maildir_move(store->folder, from_path, to_path);
}

static int
move_domain(struct mailbox_store *base, const char *from, const char *to)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return store->folder < 0 ? 0 : maildir_move_domain(store->folder, from, to);
}

/* One call for thousands of folders: each of them would wait for the disk. */
static int
settle(struct mailbox_store *base)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return store->folder < 0 ? 0 : syncfs(store->folder);
}

static int
free_domain(struct mailbox_store *base, const char *domain)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return store->folder < 0 ? 0 : maildir_free_name(store->folder, domain);
}

int
maildir_store_open(struct maildir_store *store, const char *data)
{
	*store = (struct maildir_store) { .store = { .make = make,
		                              .prepare = prepare,
		                              .settle = settle,
		                              .move = move,
		                              .move_domain = move_domain,
		                              .free_domain = free_domain },
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
