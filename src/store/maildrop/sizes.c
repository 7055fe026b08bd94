/* Sizes of messages and surrogates that names do not tell: counted once, and kept in a file of the Maildir. Blocks. */
#include "store/maildrop/sizes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/siphash.h"
#include "message/surrogate.h"
#include "store/maildrop/name.h"
#include "store/surrogate_size.h"
#include "store/wire.h"

enum { COUNT_BLOCK = 64 * 1024, READ_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };

static const uint64_t hash_key[2] = { 0, 1 }, sum_key[2] = { 2, 3 };

static uint64_t
hash(const struct drop_list *list, const struct drop_message *message)
{
	return siphash(hash_key, drop_list_name(list, message), message->base_len);
}

/* NULL: there is none with sensible sizes. */
static const struct sizes_record *
find_record(const struct sizes_record *records, size_t count, uint64_t wanted)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (records[middle].hash == wanted)
			return records[middle].size < DROP_SIZE_MAX && records[middle].surrogate < DROP_SIZE_MAX
			    ? &records[middle]
			    : NULL;
		if (records[middle].hash < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What the name tells is kept. Without memory for a surrogate the message stays unseen. */
static void
take_record(struct drop_list *list, struct drop_message *message, const struct sizes_record *record)
{
	if (record == NULL)
		return;
	if (message->size == DROP_UNTOLD)
		message->size = record->size;
	if (message->unseen)
		drop_list_set_surrogate(list, message, record->surrogate);
}

/* The records of a file; NULL if it is damaged. */
static const struct sizes_record *
find_records(const void *content, size_t len, size_t *count)
{
	const struct sizes_head *head = content;
	const struct sizes_record *records = (const void *)(head + 1);
	if (len < sizeof *head || (len - sizeof *head) % sizeof *records != 0 || head->magic != DROP_SIZES_MAGIC ||
	    head->sum != siphash(sum_key, records, len - sizeof *head))
		return NULL;
	*count = (len - sizeof *head) / sizeof *records;
	return records;
}

void
drop_sizes_take(struct drop_list *list, const void *content, size_t len)
{
	size_t count;
	const struct sizes_record *records = find_records(content, len, &count);
	for (size_t i = 0; records != NULL && i < list->count; i++) {
		struct drop_message *message = &list->messages[i];
		if (message->untold)
			take_record(list, message, find_record(records, count, hash(list, message)));
	}
}

static bool
read_all(int file, char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t got = TEMP_FAILURE_RETRY(read(file, bytes, len));
		if (got <= 0)
			return false;
		bytes += got;
		len -= (size_t)got;
	}
	return true;
}

/* The content of the file, which the caller frees, and its length; NULL if there is none. */
static void *
read_file(int maildir, size_t *len)
{
	struct stat status;
	int file = openat(maildir, DROP_SIZES_NAME, READ_FLAGS);
	void *content = NULL;
	if (file < 0)
		return NULL;
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0 &&
	    status.st_size <= DROP_SIZES_MAX) {
		*len = (size_t)status.st_size;
		content = malloc(*len);
	}
	if (content != NULL && !read_all(file, content, *len)) {
		free(content);
		content = NULL;
	}
	close(file);
	return content;
}

static size_t
count_untold(const struct drop_list *list)
{
	size_t count = 0;
	for (size_t i = 0; i < list->count; i++)
		count += list->messages[i].untold;
	return count;
}

size_t
drop_sizes_recall(struct drop_list *list, int maildir)
{
	size_t len, missing = 0;
	void *content = count_untold(list) == 0 ? NULL : read_file(maildir, &len);
	if (content != NULL)
		drop_sizes_take(list, content, len);
	free(content);
	for (size_t i = 0; i < list->count; i++)
		missing += list->messages[i].size == DROP_UNTOLD || list->messages[i].unseen;
	return missing;
}

static int
compare(const void *one, const void *other)
{
	const struct sizes_record *a = one, *b = other;
	return (a->hash > b->hash) - (a->hash < b->hash);
}

/* The content of the file for a list, to be freed; NULL when memory is out. */
static struct sizes_head *
make_content(const struct drop_list *list, size_t *len)
{
	size_t count = 0;
	*len = sizeof(struct sizes_head) + count_untold(list) * sizeof(struct sizes_record);
	struct sizes_head *head = malloc(*len);
	if (head == NULL)
		return NULL;
	struct sizes_record *records = (void *)(head + 1);
	for (size_t i = 0; i < list->count; i++)
		if (list->messages[i].untold)
			records[count++] = (struct sizes_record) { hash(list, &list->messages[i]),
				list->messages[i].size, drop_list_surrogate(list, &list->messages[i]) };
	qsort(records, count, sizeof *records, compare);
	*head = (struct sizes_head) { DROP_SIZES_MAGIC, siphash(sum_key, records, count * sizeof *records) };
	return head;
}

static bool
write_all(int file, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t written = TEMP_FAILURE_RETRY(write(file, bytes, len));
		if (written < 0)
			return false;
		bytes += written;
		len -= (size_t)written;
	}
	return true;
}

void
drop_sizes_remember(const struct drop_list *list, int maildir)
{
	char tmp[128];
	struct timespec now;
	size_t len;
	struct sizes_head *content = make_content(list, &len);
	if (content == NULL)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(tmp, sizeof tmp, "tmp/%lld.M%06ldP%ldT%ld." DROP_SIZES_NAME, (long long)now.tv_sec, now.tv_nsec / 1000,
	    (long)getpid(), (long)gettid());
	int file = openat(maildir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file >= 0) {
		bool written = write_all(file, (const char *)content, len);
		if (close(file) < 0 || !written || renameat(maildir, tmp, maildir, DROP_SIZES_NAME) < 0)
			unlinkat(maildir, tmp, 0);
	}
	free(content);
}

/* Reads the whole file, or its header if the size is known. Returns 0, or -1 with errno. */
static int
count_octets(int file, struct drop_count *count, struct surrogate_look *look)
{
	char block[COUNT_BLOCK];
	struct wire_count octets = { 0 };
	bool known = count->size != DROP_UNTOLD;
	ssize_t got = 1;
	while (got > 0 && !(known && (look->ended || look->high))) {
		got = TEMP_FAILURE_RETRY(read(file, block, sizeof block));
		if (got <= 0)
			break;
		surrogate_look(look, block, (size_t)got);
		wire_count(&octets, block, (size_t)got);
		count->read += (uint64_t)got;
	}
	if (!known)
		count->size = wire_count_end(&octets);
	return got < 0 ? -1 : 0;
}

int
drop_sizes_count(int folder, const char *name, struct drop_count *count)
{
	struct surrogate_look look = { 0 };
	int file = openat(folder, name, READ_FLAGS);
	if (file < 0)
		return -1;
	count->surrogate = 0;
	int result = count_octets(file, count, &look);
	if (result == 0 && look.high)
		result = surrogate_size(file, &count->surrogate);
	count->read += look.high ? count->size + count->surrogate : 0;
	int error = errno;
	close(file);
	errno = error;
	return result;
}
