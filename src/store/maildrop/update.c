/* The UPDATE state of a maildrop: removes the messages that were marked. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/maildrop/internal.h"
#include "store/maildrop/name.h"
#include "store/quota.h"

/* A round removes all marked messages that it finds; the next one looks for those that were renamed meanwhile. */
enum { MESSAGES_A_STEP = 1000, ROUNDS = 3 };

/* Octets of the file, as maildirsize counts them. */
static long long
find_size(int folder, const char *name)
{
	struct stat status;
	uint64_t told = drop_name_parse(name).size;
	if (told != DROP_UNTOLD)
		return (long long)told;
	return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status.st_size : 0;
}

static void
remove_message(struct maildrop *maildrop, const struct drop_folders *folders, struct drop_message *message)
{
	struct removal *removal = &maildrop->removal;
	const char *name = drop_list_name(&maildrop->list, message);
	int folder = folders->descriptors[message->folder];
	const bool counts = quota_counts(name);
	const long long size = find_size(folder, name);
	if (folder >= 0 && unlinkat(folder, name, 0) == 0) {
		message->gone = true;
		removal->removed++;
		removal->messages += counts;
		removal->octets += counts ? size : 0;
		removal->touched[message->folder] = true;
	} else if (folder < 0 || errno == ENOENT) {
		removal->missing++;
	} else {
		message->left = true;
		removal->left++;
		maildrop_fail(maildrop);
	}
}

/* Continues to remove from where the last step ended. Returns whether the round continues. */
static bool
remove_messages(struct maildrop *maildrop, const struct drop_folders *folders)
{
	const struct drop_list *list = &maildrop->list;
	for (unsigned tried = 0; maildrop->at < list->count; maildrop->at++) {
		struct drop_message *message = &list->messages[maildrop->at];
		if (!message->deleted || message->gone || message->left)
			continue;
		if (tried++ == MESSAGES_A_STEP)
			return true;
		remove_message(maildrop, folders, message);
	}
	return false;
}

/* Begins another round if messages were missing. Those that are still missing have been removed by others. */
static bool
look_again(struct maildrop *maildrop, const struct drop_folders *folders)
{
	struct removal *removal = &maildrop->removal;
	if (removal->missing == 0 || ++removal->rounds == ROUNDS)
		return false;
	if (drop_list_refresh(&maildrop->list, folders) < 0) {
		removal->left += removal->missing;
		return maildrop_fail(maildrop);
	}
	removal->missing = 0;
	maildrop->at = 0;
	return true;
}

static void
sync_folders(struct maildrop *maildrop, const struct drop_folders *folders)
{
	for (int i = 0; i < DROP_FOLDERS; i++)
		if (maildrop->removal.touched[i] && TEMP_FAILURE_RETRY(fsync(folders->descriptors[i])) < 0)
			maildrop_fail(maildrop);
}

static void
conclude(struct maildrop *maildrop)
{
	const struct removal *removal = &maildrop->removal;
	if (removal->messages > 0)
		quota_add(maildrop->folder, maildrop->path, -removal->octets, -removal->messages);
}

static bool
update_step(struct maildrop *maildrop)
{
	struct drop_folders folders;
	struct removal *removal = &maildrop->removal;
	bool more = false;
	if (drop_folders_open(&folders, maildrop->folder, maildrop->path) == 0) {
		more = remove_messages(maildrop, &folders) || look_again(maildrop, &folders);
		if (!more)
			sync_folders(maildrop, &folders);
		drop_folders_close(&folders);
	} else if (errno != ENOENT) {
		removal->left = maildrop->all.messages - maildrop->total.messages - removal->removed;
		maildrop_fail(maildrop);
	}
	if (!more)
		conclude(maildrop);
	return more;
}

/* If no message is marked, the disk is not touched. */
void
maildrop_update(struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop->removal = (struct removal) { 0 };
	if (maildrop->total.messages == maildrop->all.messages)
		done(context, MAILDROP_OK);
	else
		maildrop_start(maildrop, update_step, done, context);
}
