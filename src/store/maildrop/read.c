/* Reads messages of a maildrop, block by block: the first at once if it is in memory, which costs no change of threads. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "store/maildir.h"
#include "store/maildrop/internal.h"

enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, TRIES = 3, CONVERTED_BLOCK = 16 * 1024 };

/* May the disk be waited for, or is only what is in memory read? */
enum wait { WAIT, DONT_WAIT };

/* Without waiting, it fails with EAGAIN if a name or an inode is not in memory. */
static int
open_named(const struct maildrop *maildrop, const struct drop_message *message, enum wait wait)
{
	char path[MAILDIR_PATH_SIZE + NAME_MAX + 8];
	const struct open_how how = { .flags = FLAGS, .resolve = RESOLVE_CACHED };
	snprintf(path, sizeof path, "%s/%s/%s", maildrop->path, drop_folder_names[message->folder],
	    drop_list_name(&maildrop->list, message));
	return wait == WAIT ? openat(maildrop->folder, path, FLAGS)
	                    : (int)syscall(SYS_openat2, maildrop->folder, path, &how, sizeof how);
}

static int
refresh(struct maildrop *maildrop)
{
	struct drop_folders folders;
	if (drop_folders_open(&folders, maildrop->folder, maildrop->path) < 0)
		return -1;
	int result = drop_list_refresh(&maildrop->list, &folders);
	drop_folders_close(&folders);
	return result;
}

/* Opens a message, under the name that it has now. Returns a descriptor, or -1 with errno. */
static int
open_message(struct maildrop *maildrop, const struct drop_message *message)
{
	int file = open_named(maildrop, message, WAIT);
	for (int i = 1; i < TRIES && file < 0 && errno == ENOENT && refresh(maildrop) == 0; i++)
		file = open_named(maildrop, message, WAIT);
	return file;
}

static void
close_file(struct reading *reading)
{
	if (reading->file >= 0)
		close(reading->file);
	reading->file = -1;
}

/* Returns how many octets came, or -1 with errno. A file that is shorter than when it was opened is incomplete. */
static ssize_t
read_some(const struct reading *reading, char *raw, size_t most, enum wait wait)
{
	size_t want = reading->left < most ? (size_t)reading->left : most;
	const struct iovec vector = { raw, want };
	int flags = wait == WAIT ? 0 : RWF_NOWAIT;
	ssize_t got = want == 0 ? 0 : TEMP_FAILURE_RETRY(preadv2(reading->file, &vector, 1, -1, flags));
	if (want == 0 || got != 0)
		return got;
	errno = EIO;
	return -1;
}

/* Makes more of the surrogate of the next octets of the file. Returns 0, or -1 with errno. */
static int
convert_some(struct reading *reading)
{
	char raw[CONVERTED_BLOCK];
	ssize_t got = read_some(reading, raw, sizeof raw, WAIT);
	reading->surrogate->len = reading->taken = 0;
	if (got < 0 || surrogate_put(reading->surrogate, raw, (size_t)got) < 0)
		return -1;
	reading->left -= (size_t)got;
	return reading->left == 0 ? surrogate_end(reading->surrogate) : 0;
}

static bool
is_taken(const struct reading *reading)
{
	return reading->surrogate == NULL || reading->taken == reading->surrogate->len;
}

/* The same as read_some(), of the surrogate; converted as far as it takes. */
static ssize_t
read_surrogate(struct reading *reading, char raw[MAILDROP_BLOCK])
{
	while (is_taken(reading) && reading->left > 0)
		if (convert_some(reading) < 0)
			return -1;
	size_t some = reading->surrogate->len - reading->taken;
	if (some > MAILDROP_BLOCK)
		some = MAILDROP_BLOCK;
	if (some > 0)
		memcpy(raw, reading->surrogate->octets + reading->taken, some);
	reading->taken += some;
	return (ssize_t)some;
}

/* Reads the next octets of the message into the block. Returns 0, or -1 with errno. */
static int
read_block(struct maildrop *maildrop, enum wait wait)
{
	char raw[MAILDROP_BLOCK];
	struct reading *reading = &maildrop->reading;
	struct maildrop_block *block = &maildrop->block;
	bool converted = reading->surrogate != NULL;
	ssize_t got = converted ? read_surrogate(reading, raw) : read_some(reading, raw, MAILDROP_BLOCK, wait);
	if (got < 0)
		return -1;
	block->octets = reading->octets;
	block->len = wire_put(&reading->wire, reading->octets, raw, (size_t)got);
	reading->left -= converted ? 0 : (size_t)got;
	block->last = (reading->left == 0 && is_taken(reading)) || reading->wire.full;
	if (block->last) {
		block->len += wire_end(&reading->wire, reading->octets + block->len);
		close_file(reading);
	}
	return 0;
}

static bool
read_step(struct maildrop *maildrop)
{
	return read_block(maildrop, WAIT) == 0 ? false : maildrop_fail(maildrop);
}

/* The file has been opened. Returns 0, or -1 with errno. */
static int
begin(struct reading *reading)
{
	struct stat status;
	if (reading->file < 0 || fstat(reading->file, &status) < 0)
		return -1;
	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	reading->left = (uint64_t)status.st_size;
	size_t len = reading->left < MAILDROP_BLOCK && reading->surrogate == NULL ? (size_t)reading->left
	                                                                          : MAILDROP_BLOCK;
	reading->octets = malloc(2 * len + 2);
	return reading->octets == NULL ? -1 : 0;
}

static bool
is_converted(const struct maildrop *maildrop)
{
	return maildrop->form == MAILDROP_SURROGATES && maildrop_needs_utf8(maildrop, maildrop->reading.number);
}

static bool
open_step(struct maildrop *maildrop)
{
	struct reading *reading = &maildrop->reading;
	reading->file = open_message(maildrop, maildrop_message(maildrop, reading->number));
	bool ready = !is_converted(maildrop) || (reading->surrogate = calloc(1, sizeof *reading->surrogate)) != NULL;
	return ready && begin(reading) == 0 ? read_step(maildrop) : maildrop_fail(maildrop);
}

/* Is the message in memory, and the first block of it read now? If not, nothing has happened. Converting is work for a job. */
static bool
read_at_once(struct maildrop *maildrop)
{
	struct reading *reading = &maildrop->reading;
	if (is_converted(maildrop))
		return false;
	reading->file = open_named(maildrop, maildrop_message(maildrop, reading->number), DONT_WAIT);
	if (begin(reading) == 0 && read_block(maildrop, DONT_WAIT) == 0)
		return true;
	maildrop_read_end(maildrop);
	return false;
}

void
maildrop_read(struct maildrop *maildrop, size_t number, size_t lines,
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop_read_end(maildrop);
	maildrop->reading.number = number;
	maildrop->reading.wire = (struct wire) { .lines = lines };
	if (read_at_once(maildrop))
		done(context, MAILDROP_OK);
	else
		maildrop_start(maildrop, open_step, done, context);
}

/* Always by a job: a client that reads a long message at full speed would block the loop for all others. */
void
maildrop_read_on(struct maildrop *maildrop, void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop_start(maildrop, read_step, done, context);
}

void
maildrop_read_end(struct maildrop *maildrop)
{
	close_file(&maildrop->reading);
	free(maildrop->reading.octets);
	maildrop->reading.octets = NULL;
	if (maildrop->reading.surrogate != NULL)
		surrogate_clear(maildrop->reading.surrogate);
	free(maildrop->reading.surrogate);
	maildrop->reading.surrogate = NULL;
	maildrop->reading.taken = 0;
	maildrop->block = (struct maildrop_block) { 0 };
}
