/* Reads messages of a maildrop, block by block. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pop3/maildrop_internal.h"

enum { FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, TRIES = 3 };

static int
open_named(const struct maildrop *maildrop, const struct drop_message *message)
{
	char path[MAILBOX_PATH_SIZE + NAME_MAX + 8];
	snprintf(path, sizeof path, "%s/%s/%s", maildrop->path, drop_place_names[message->place],
	    drop_list_name(&maildrop->list, message));
	return openat(maildrop->folder, path, FLAGS);
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
	int file = open_named(maildrop, message);
	for (int i = 1; i < TRIES && file < 0 && errno == ENOENT && refresh(maildrop) == 0; i++)
		file = open_named(maildrop, message);
	return file;
}

/* The header ends with the first empty line. */
static bool
has_utf8_header(const char *text, size_t len)
{
	size_t line_len = 0;
	for (size_t i = 0; i < len; i++) {
		if ((unsigned char)text[i] > 0x7F)
			return true;
		if (text[i] == '\n' && line_len == 0)
			break;
		if (text[i] == '\n')
			line_len = 0;
		else if (text[i] != '\r')
			line_len++;
	}
	return false;
}

static void
close_file(struct reading *reading)
{
	if (reading->file >= 0)
		close(reading->file);
	reading->file = -1;
}

/* Returns how many octets came, or -1 with errno. A file that is shorter than when it was opened is no whole message. */
static ssize_t
read_some(const struct reading *reading, char raw[MAILDROP_BLOCK])
{
	size_t want = reading->left < MAILDROP_BLOCK ? (size_t)reading->left : MAILDROP_BLOCK;
	ssize_t got = want == 0 ? 0 : TEMP_FAILURE_RETRY(read(reading->file, raw, want));
	if (want == 0 || got != 0)
		return got;
	errno = EIO;
	return -1;
}

/* Reads the next octets of the file into the block. */
static bool
read_step(struct maildrop *maildrop)
{
	char raw[MAILDROP_BLOCK];
	struct reading *reading = &maildrop->reading;
	struct maildrop_block *block = &maildrop->block;
	ssize_t got = read_some(reading, raw);
	if (got < 0)
		return maildrop_fail(maildrop);
	if (block->octets == NULL)
		block->utf8 = has_utf8_header(raw, (size_t)got);
	block->octets = reading->octets;
	block->len = wire_put(&reading->wire, reading->octets, raw, (size_t)got);
	reading->left -= (size_t)got;
	block->last = reading->left == 0 || reading->wire.full;
	if (block->last) {
		block->len += wire_end(&reading->wire, reading->octets + block->len);
		close_file(reading);
	}
	return false;
}

static bool
open_step(struct maildrop *maildrop)
{
	struct reading *reading = &maildrop->reading;
	struct stat status;
	reading->file = open_message(maildrop, maildrop_message(maildrop, reading->number));
	if (reading->file < 0 || fstat(reading->file, &status) < 0)
		return maildrop_fail(maildrop);
	if (!S_ISREG(status.st_mode)) {
		errno = EINVAL;
		return maildrop_fail(maildrop);
	}
	reading->left = (uint64_t)status.st_size;
	size_t len = reading->left < MAILDROP_BLOCK ? (size_t)reading->left : MAILDROP_BLOCK;
	reading->octets = malloc(2 * len + 2);
	return reading->octets == NULL ? maildrop_fail(maildrop) : read_step(maildrop);
}

void
maildrop_read(struct maildrop *maildrop, size_t number, size_t lines,
    void (*done)(void *context, enum maildrop_result result), void *context)
{
	maildrop_read_end(maildrop);
	maildrop->reading.number = number;
	maildrop->reading.wire = (struct wire) { .lines = lines };
	maildrop_start(maildrop, open_step, done, context);
}

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
	maildrop->block = (struct maildrop_block) { 0 };
}
