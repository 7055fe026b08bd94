/* How full a Maildir is, and may be: the quota of Maildir++, kept in its file maildirsize. These functions block. */
#include "store/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/change_time.h"
#include "store/quota_count.h"

static const char name[] = "maildirsize";

enum { TRIES = 2 }; /* of a count */

static bool
add(struct quota *sum, const struct quota *more)
{
	return !__builtin_add_overflow(sum->bytes, more->bytes, &sum->bytes) &&
	    !__builtin_add_overflow(sum->messages, more->messages, &sum->messages);
}

static bool
is_over(const struct quota *usage, const struct quota *limit)
{
	return (limit->bytes > 0 && usage->bytes > limit->bytes) ||
	    (limit->messages > 0 && usage->messages > limit->messages);
}

static void
put_definition(char text[QUOTA_DEFINITION_SIZE], const struct quota *limit)
{
	if (limit->bytes > 0 && limit->messages > 0)
		snprintf(text, QUOTA_DEFINITION_SIZE, "%lldS,%lldC", limit->bytes, limit->messages);
	else if (limit->messages > 0)
		snprintf(text, QUOTA_DEFINITION_SIZE, "%lldC", limit->messages);
	else
		snprintf(text, QUOTA_DEFINITION_SIZE, "%lldS", limit->bytes);
}

/* The contents of the file maildirsize. */
struct maildirsize {
	char text[QUOTA_FILE_MAX + 1];
	size_t len;
	time_t written;
	struct quota usage;
	unsigned lines; /* behind the first one */
};

/* Opens maildirsize; a link, a pipe or a folder of that name is an error. */
static int
open_maildirsize(int maildir, int flags)
{
	struct stat status;
	int file = openat(maildir, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (file < 0)
		return -1;
	if (fstat(file, &status) == 0 && S_ISREG(status.st_mode))
		return file;
	close(file);
	errno = EINVAL;
	return -1;
}

static bool
read_maildirsize(int maildir, struct maildirsize *content)
{
	struct stat status;
	ssize_t got = 1;
	int file = open_maildirsize(maildir, O_RDONLY);
	content->len = 0;
	if (file < 0)
		return false;
	while (got > 0 && content->len < QUOTA_FILE_MAX) {
		got = TEMP_FAILURE_RETRY(read(file, content->text + content->len, QUOTA_FILE_MAX - content->len));
		if (got > 0)
			content->len += (size_t)got;
	}
	content->text[content->len] = '\0';
	bool sound = got == 0 && fstat(file, &status) == 0;
	content->written = sound ? status.st_mtime : 0;
	close(file);
	return sound && memchr(content->text, '\0', content->len) == NULL;
}

/* Takes a number, which may be negative, and the spaces before it. */
static bool
take_number(const char **at, long long *number)
{
	while (**at == ' ')
		++*at;
	bool negative = **at == '-';
	const char *digit = *at + negative;
	if (*digit < '0' || *digit > '9')
		return false;
	for (*number = 0; *digit >= '0' && *digit <= '9'; digit++)
		if (__builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, *digit - '0', number))
			return false;
	if (negative)
		*number = -*number;
	*at = digit;
	return true;
}

/* Sums up the lines. False if the limit differs, or a line holds anything but numbers. */
static bool
sum_maildirsize(struct maildirsize *content, const struct quota *limit)
{
	char definition[QUOTA_DEFINITION_SIZE];
	struct quota line;
	put_definition(definition, limit);
	size_t len = strlen(definition);
	if (strncmp(content->text, definition, len) != 0 || content->text[len] != '\n')
		return false;
	content->usage = (struct quota) { 0 };
	content->lines = 0;
	for (const char *at = content->text + len + 1; *at != '\0'; content->lines++) {
		if (!take_number(&at, &line.bytes) || !take_number(&at, &line.messages) || !add(&content->usage, &line))
			return false;
		at += strspn(at, " ");
		if (*at++ != '\n')
			return false;
	}
	return content->lines > 0 && content->usage.bytes >= 0 && content->usage.messages >= 0;
}

/* One that says "over" is believed if it was counted not long ago. */
static bool
is_believed(const struct maildirsize *content, const struct quota *limit, const struct quota *more, time_t now)
{
	struct quota sum = content->usage;
	if (!add(&sum, more))
		return false;
	if (!is_over(&sum, limit))
		return true;
	return content->lines == 1 && content->written <= now && now - content->written < QUOTA_FRESH;
}

/* Replaces maildirsize, by way of tmp. If that fails, the messages are counted again next time. */
static void
write_maildirsize(int maildir, const struct quota *limit, const struct quota *usage)
{
	char tmp[128], definition[QUOTA_DEFINITION_SIZE], text[QUOTA_DEFINITION_SIZE + 64];
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	snprintf(tmp, sizeof tmp, "tmp/%lld.M%06ldP%ldT%ld.maildirsize", (long long)now.tv_sec, now.tv_nsec / 1000,
	    (long)getpid(), (long)gettid());
	put_definition(definition, limit);
	int len = snprintf(text, sizeof text, "%s\n%lld %lld\n", definition, usage->bytes, usage->messages);
	int file = openat(maildir, tmp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return;
	bool written = write(file, text, (size_t)len) == len;
	if (close(file) < 0 || !written || renameat(maildir, tmp, maildir, name) < 0)
		unlinkat(maildir, tmp, 0);
}

/*
 * A message that came while the others were counted may be in the count or not: maildirsize is removed again, and the
 * messages are counted once more.
 */
static int
count_anew(int maildir, const struct quota *limit, struct quota *usage)
{
	for (int i = 0; i < TRIES; i++) {
		if (i > 0)
			change_time_wait();
		const struct timespec begun = change_time_now();
		struct timespec latest;
		if (quota_count(maildir, usage, &latest) < 0)
			return -1;
		write_maildirsize(maildir, limit, usage);
		if (quota_count(maildir, NULL, &latest) == 0 && change_time_is_settled(&latest, &begun))
			break;
		unlinkat(maildir, name, 0);
	}
	return 0;
}

/* The usage, with a view to adding more. */
static int
find_usage(
    int folder, const char *path, const struct quota *limit, const struct quota *more, time_t now, struct quota *usage)
{
	struct maildirsize content;
	int maildir = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	*usage = (struct quota) { 0 };
	if (maildir < 0)
		return errno == ENOENT ? 0 : -1;
	int result = 0;
	if (read_maildirsize(maildir, &content) && sum_maildirsize(&content, limit) &&
	    is_believed(&content, limit, more, now))
		*usage = content.usage;
	else
		result = count_anew(maildir, limit, usage);
	int error = errno;
	close(maildir);
	errno = error;
	return result;
}

int
quota_usage(int folder, const char *path, const struct quota *limit, time_t now, struct quota *usage)
{
	return find_usage(folder, path, limit, &(struct quota) { 0 }, now, usage);
}

enum quota_verdict
quota_check(int folder, const char *path, const struct quota *limit, long long size, time_t now)
{
	struct quota usage, more = { size, 1 };
	if (limit->bytes <= 0 && limit->messages <= 0)
		return QUOTA_UNDER;
	if (find_usage(folder, path, limit, &more, now, &usage) < 0)
		return QUOTA_FAILED;
	return !add(&usage, &more) || is_over(&usage, limit) ? QUOTA_OVER : QUOTA_UNDER;
}

int
quota_add(int folder, const char *path, long long bytes, long long messages)
{
	char text[64];
	int maildir = openat(folder, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (maildir < 0)
		return -1;
	int len = snprintf(text, sizeof text, "%lld %lld\n", bytes, messages);
	int file = open_maildirsize(maildir, O_WRONLY | O_APPEND);
	int result = file < 0 && errno != ENOENT ? -1 : 0;
	if (file >= 0 && write(file, text, (size_t)len) != len)
		result = -1;
	int error = errno;
	if (file >= 0)
		close(file);
	if (result < 0)
		unlinkat(maildir, name, 0);
	close(maildir);
	errno = error;
	return result;
}
