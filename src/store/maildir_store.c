/* Makes the Maildirs of new accounts. */
#include "store/maildir_store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/maildir_move.h"

static bool
is_open(const struct maildir_store *store)
{
	return store->mail.descriptor >= 0;
}

/* The path of a mailbox in the folder of all mail, which is made if it is missing. */
static int
find_path(struct maildir_store *store, const struct mailbox *mailbox, char path[MAILDIR_PATH_SIZE])
{
	if ((!is_open(store) && mail_folder_open(&store->mail, store->path) < 0) || mail_folder_check(&store->mail) < 0)
		return -1;
	return maildir_path(path, mailbox);
}

static int
make(struct mailbox_store *base, const struct mailbox *mailbox)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	if (find_path(store, mailbox, path) < 0 || maildir_free_name(store->mail.descriptor, path) < 0)
		return -1;
	return maildir_make(store->mail.descriptor, path);
}

static int
prepare(struct mailbox_store *base, const struct mailbox *mailbox)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char path[MAILDIR_PATH_SIZE];
	if (find_path(store, mailbox, path) < 0 || maildir_free_name(store->mail.descriptor, path) < 0)
		return -1;
	return maildir_prepare(store->mail.descriptor, path);
}

static int
move(struct mailbox_store *base, const struct mailbox *from, const struct mailbox *to)
{
	struct maildir_store *store = (struct maildir_store *)base;
	char from_path[MAILDIR_PATH_SIZE], to_path[MAILDIR_PATH_SIZE];
	if (find_path(store, from, from_path) < 0 || find_path(store, to, to_path) < 0)
		return -1;
	return maildir_move(store->mail.descriptor, from_path, to_path);
}

static int
move_domain(struct mailbox_store *base, const char *from, const char *to)
{
	struct maildir_store *store = (struct maildir_store *)base;
	if (!is_open(store))
		return 0;
	return mail_folder_check(&store->mail) < 0 ? -1 : maildir_move_domain(store->mail.descriptor, from, to);
}

/* One call for thousands of folders: each of them would wait for the disk. */
static int
settle(struct mailbox_store *base)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return is_open(store) ? syncfs(store->mail.descriptor) : 0;
}

static int
free_domain(struct mailbox_store *base, const char *domain)
{
	const struct maildir_store *store = (const struct maildir_store *)base;
	return is_open(store) ? maildir_free_name(store->mail.descriptor, domain) : 0;
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
		.mail = { .descriptor = -1 } };
	if (snprintf(store->path, sizeof store->path, "%s/mail", data) >= (int)sizeof store->path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return mail_folder_exists(store->path) ? mail_folder_open(&store->mail, store->path) : 0;
}

static void
note_accounts(void *context, const char *const *values)
{
	bool *found = context;
	const char *accounts = values[RECORD_DOMAIN_ACCOUNTS];
	*found |= accounts == NULL || strcmp(accounts, "0") != 0;
}

void
maildir_store_begin(struct maildir_store *store, struct admin *admin)
{
	bool found = false;
	if (mail_folder_is_new(store->path) &&
	    admin->ops->list(admin, RECORD_DOMAIN, NULL, note_accounts, &found) == ADMIN_OK && !found)
		(void)mail_folder_begin(store->path);
}

void
maildir_store_close(struct maildir_store *store)
{
	mail_folder_close(&store->mail);
}
