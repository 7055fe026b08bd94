/* Changes the header of a message in its file: writes a new header into a new file, and copies the body to it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "message/header_edit.h"
#include "store/spool.h"

enum { BLOCK = 64 * 1024 };

/* The message before the changes: in a file, or in memory. */
struct original {
	struct header_source source;
	uint64_t begin; /* of the file: octets before the message */
	int file;       /* -1: in memory */
	const char *octets;
	size_t len;
};

struct target {
	struct header_sink sink;
	struct spool *spool;
	size_t len;
	char block[BLOCK];
};

static ssize_t
read_file(struct header_source *source, char *octets, size_t size, uint64_t at)
{
	const struct original *original = (const struct original *)source;
	return TEMP_FAILURE_RETRY(pread(original->file, octets, size, (off_t)(original->begin + at)));
}

static ssize_t
read_memory(struct header_source *source, char *octets, size_t size, uint64_t at)
{
	const struct original *original = (const struct original *)source;
	size_t left = original->len - (size_t)at, some = left < size ? left : size;
	memcpy(octets, original->octets + at, some);
	return (ssize_t)some;
}

static int
flush_block(struct target *target)
{
	size_t len = target->len;
	target->len = 0;
	return spool_write(target->spool, target->block, len);
}

/* Gathers the fields, which are short. */
static int
write_block(struct header_sink *sink, const char *octets, size_t len)
{
	struct target *target = (struct target *)sink;
	for (size_t some; len > 0; octets += some, len -= some) {
		size_t room = BLOCK - target->len;
		some = len < room ? len : room;
		memcpy(target->block + target->len, octets, some);
		target->len += some;
		if (target->len == BLOCK && flush_block(target) < 0)
			return -1;
	}
	return 0;
}

/* For file systems that cannot copy; and for the rest, if one says too early that the file is at its end. */
static int
copy_by_hand(struct target *target, int from, uint64_t at)
{
	ssize_t got;
	while ((got = TEMP_FAILURE_RETRY(pread(from, target->block, BLOCK, (off_t)at))) > 0) {
		if (spool_write(target->spool, target->block, (size_t)got) < 0)
			return -1;
		at += (uint64_t)got;
	}
	return (int)got;
}

static bool
cannot_copy(int error)
{
	return error == EXDEV || error == EINVAL || error == EOPNOTSUPP || error == ENOSYS || error == EPERM;
}

static int
copy_body(struct target *target, int from, uint64_t begin)
{
	enum { PART = 1 << 30 };
	off_t at = (off_t)begin;
	ssize_t copied;
	while ((copied = TEMP_FAILURE_RETRY(copy_file_range(from, &at, target->spool->file, NULL, PART, 0))) > 0)
		target->spool->size += (unsigned long long)copied;
	if (copied < 0 && !cannot_copy(errno))
		return -1;
	return copy_by_hand(target, from, (uint64_t)at);
}

static int
write_body(struct target *target, const struct original *original, uint64_t begin)
{
	if (original->file >= 0)
		return copy_body(target, original->file, original->begin + begin);
	return spool_write(target->spool, original->octets + begin, original->len - (size_t)begin);
}

/* On the wire each line end has one octet more. */
static unsigned long long
wire_size(const struct header_size *size)
{
	return size->octets + size->lines;
}

static int
write_message(struct target *target, struct original *original, const struct field_edits *edits)
{
	struct spool *spool = target->spool;
	struct header_edited edited;
	if (header_edit(edits, &original->source, &target->sink, &edited) < 0 || flush_block(target) < 0 ||
	    write_body(target, original, edited.read.octets) < 0)
		return -1;
	spool->wire_size += wire_size(&edited.written) - wire_size(&edited.read);
	spool->local_wire += wire_size(&edited.local);
	spool->entry->local_prefix_len += edited.local.octets;
	spool->entry->size = spool->wire_size - spool->local_wire;
	return 0;
}

static struct target *
open_target(struct spool *spool)
{
	struct target *target = malloc(sizeof *target);
	if (target == NULL)
		return NULL;
	target->sink.write = write_block;
	target->spool = spool;
	target->len = 0;
	return target;
}

/*
 * The old file loses its name before the new one gets it, so that a crash leaves one file for the sweep, as it always
 * does.
 */
static int
open_new(struct spool *spool, struct original *original)
{
	original->file = spool->file;
	if (spool->file >= 0 && spool_unlink(spool) < 0)
		return -1;
	spool->file = -1;
	spool->size = 0;
	return spool_open_file(spool);
}

int
spool_edit(struct spool *spool, const struct field_edits *edits, const char *octets, size_t len)
{
	bool in_file = spool->file >= 0;
	struct original original = {
		.source = { in_file ? read_file : read_memory, spool->entry->local_prefix_len },
		.file = -1,
		.octets = octets,
		.len = len,
	};
	struct target *target = open_target(spool);
	int result = target == NULL ? -1 : open_new(spool, &original);
	if (result == 0) {
		spool->local_wire = spool->entry->local_prefix_len = 0;
		result = write_message(target, &original, edits);
	}
	int error = errno;
	free(target);
	if (in_file && original.file >= 0 && original.file != spool->file)
		close(original.file);
	errno = error;
	if (result == 0)
		return 0;
	spool_fail(spool);
	spool_drop(spool);
	return -1;
}

/* The lines for mailboxes here; the others stand behind them. */
static int
write_local(struct target *target, const char *local)
{
	struct spool *spool = target->spool;
	size_t len = strlen(local);
	spool->local_wire = len;
	for (const char *lf = local; (lf = strchr(lf, '\n')) != NULL; lf++)
		spool->local_wire++;
	spool->entry->local_prefix_len = len;
	return write_block(&target->sink, local, len);
}

int
spool_copy(struct spool *copy, const struct spool *from, const char *local, const struct field_edits *edits)
{
	struct original original = {
		.source = { read_file, 0 },
		.begin = from->entry->local_prefix_len,
		.file = from->file,
	};
	struct target *target = open_target(copy);
	int result = target == NULL || spool_open_file(copy) < 0 ? -1 : write_local(target, local);
	if (result == 0) {
		copy->wire_size = from->wire_size - from->local_wire + copy->local_wire;
		result = write_message(target, &original, edits);
	}
	int error = errno;
	free(target);
	errno = error;
	if (result == 0)
		return 0;
	spool_fail(copy);
	spool_drop(copy);
	return -1;
}
