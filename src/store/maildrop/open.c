/* Opens a maildrop: locks it, lists its messages, and counts those whose sizes are unknown. */
#include <errno.h>

#include "store/maildrop/internal.h"
#include "store/maildrop/lock.h"
#include "store/maildrop/name.h"
#include "store/maildrop/sizes.h"

/* The amount counted in one step, so that a large maildrop does not occupy a thread for long. */
enum { MESSAGES_A_STEP = 1000, OCTETS_A_STEP = 32 << 20 };

static bool
take_stock(struct maildrop *maildrop, const struct drop_folders *folders)
{
	maildrop->lock = drop_lock(folders->maildir);
	if (maildrop->lock < 0) {
		maildrop_fail(maildrop);
		if (errno == EAGAIN)
			maildrop->result = MAILDROP_LOCKED;
		return false;
	}
	if (drop_list_read(&maildrop->list, folders) < 0)
		return maildrop_fail(maildrop);
	maildrop->uncounted = drop_sizes_recall(&maildrop->list, folders->maildir);
	maildrop->listed = true;
	return true;
}

static int
count(const struct maildrop *maildrop, const struct drop_folders *folders, const struct drop_message *message,
    struct drop_count *sizes)
{
	return drop_sizes_count(folders->descriptors[message->folder], drop_list_name(&maildrop->list, message), sizes);
}

/*
 * One that was renamed meanwhile is looked for once in a login: each time is another listing.
 * An unreadable message of unknown size counts 0 octets, and that size is not saved; reading it
 * will fail, too. Returns the octets read and made.
 */
static uint64_t
find_size(struct maildrop *maildrop, const struct drop_folders *folders, struct drop_message *message)
{
	struct drop_count sizes = { .size = message->size };
	int result = count(maildrop, folders, message, &sizes);
	if (result < 0 && errno == ENOENT && !maildrop->refreshed) {
		maildrop->refreshed = true;
		if (drop_list_refresh(&maildrop->list, folders) == 0)
			result = count(maildrop, folders, message, &sizes);
	}
	if (result == 0)
		result = drop_list_set_surrogate(&maildrop->list, message, sizes.surrogate);
	if (result == 0 || message->size == DROP_UNTOLD)
		message->size = result == 0 ? sizes.size : 0;
	message->untold = result == 0;
	message->unseen = false;
	return sizes.read;
}

/* Continues to count from where the last step ended. Returns whether there is more to count. */
static bool
find_sizes(struct maildrop *maildrop, const struct drop_folders *folders)
{
	uint64_t octets = 0;
	struct drop_list *list = &maildrop->list;
	for (unsigned counted = 0; maildrop->at < list->count; maildrop->at++) {
		struct drop_message *message = &list->messages[maildrop->at];
		if (message->size != DROP_UNTOLD && !message->unseen)
			continue;
		if (counted++ == MESSAGES_A_STEP || octets > OCTETS_A_STEP)
			return true;
		octets += find_size(maildrop, folders, message);
	}
	if (maildrop->uncounted > 0)
		drop_sizes_remember(list, folders->maildir);
	return false;
}

static void
sum_up(struct maildrop *maildrop)
{
	const struct drop_list *list = &maildrop->list;
	maildrop->all = (struct maildrop_total) { .messages = list->count };
	for (size_t i = 0; i < list->count; i++)
		maildrop->all.octets += maildrop_size(maildrop, i + 1);
	maildrop->total = maildrop->all;
}

/* A Maildir that is missing has got no mail yet. */
static bool
open_step(struct maildrop *maildrop)
{
	struct drop_folders folders;
	if (!maildrop->listed && mail_folder_check(maildrop->mail) < 0)
		return maildrop_fail(maildrop);
	if (drop_folders_open(&folders, maildrop->folder, maildrop->path) < 0) {
		if (errno != ENOENT || maildrop->listed)
			maildrop_fail(maildrop);
		return false;
	}
	bool more = (maildrop->listed || take_stock(maildrop, &folders)) && find_sizes(maildrop, &folders);
	drop_folders_close(&folders);
	if (!more && maildrop->listed)
		sum_up(maildrop);
	return more;
}

void
maildrop_open(struct maildrop *maildrop, enum maildrop_form form,
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop->form = form;
	maildrop_start(maildrop, open_step, done, context);
}
