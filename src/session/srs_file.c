/* The file of the secrets that sign forwarded senders: a line each, "SECONDS HEX", the newest first. */
#include "session/srs_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/system/file.h"
#include "base/text/ascii.h"

enum { TEXT_MAX = SRS_SECRETS_MAX * (20 + 2 * SRS_SECRET_LEN + 2), TIME_DIGITS_MAX = 15 };

static int
hex_value(char digit)
{
	static const char hex[] = "0123456789abcdef";
	const char *at = digit != '\0' ? strchr(hex, digit) : NULL;
	return at != NULL ? (int)(at - hex) : -1;
}

/* Reads a line; *rest is then behind its line feed. */
static bool
parse_secret(struct srs_secret *secret, const char **rest, const char *end)
{
	const char *at = *rest;
	secret->made = 0;
	for (; at < end && at - *rest < TIME_DIGITS_MAX && ascii_is_digit(*at); at++)
		secret->made = 10 * secret->made + (*at - '0');
	if (at == *rest || end - at < 2 * SRS_SECRET_LEN + 2 || *at++ != ' ')
		return false;
	for (size_t i = 0; i < SRS_SECRET_LEN; i++, at += 2) {
		int high = hex_value(at[0]), low = hex_value(at[1]);
		if (high < 0 || low < 0)
			return false;
		secret->octets[i] = (unsigned char)(high << 4 | low);
	}
	*rest = at + 1;
	return *at == '\n';
}

bool
srs_parse_secrets(struct srs_secrets *secrets, const char *text, size_t len)
{
	const char *end = text + len;
	*secrets = (struct srs_secrets) { .count = 0 };
	while (
	    text < end && secrets->count < SRS_SECRETS_MAX && parse_secret(&secrets->list[secrets->count], &text, end))
		secrets->count++;
	return text == end && secrets->count > 0;
}

static int
read_secrets(struct srs_secrets *secrets, int file)
{
	size_t len;
	char *text = file_read(file, TEXT_MAX, &len);
	if (text == NULL)
		return -1;
	bool parsed = srs_parse_secrets(secrets, text, len);
	explicit_bzero(text, len);
	free(text);
	errno = EBADMSG;
	return parsed ? 0 : -1;
}

static int
load(struct srs *srs)
{
	struct stat status;
	struct srs_secrets secrets;
	int file = open(srs->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file < 0)
		return -1;
	int result = fstat(file, &status) == 0 ? read_secrets(&secrets, file) : -1;
	int error = errno;
	close(file);
	errno = error;
	if (result < 0)
		return -1;
	srs->secrets = secrets;
	srs->device = status.st_dev;
	srs->inode = status.st_ino;
	srs->size = status.st_size;
	srs->changed = status.st_mtim;
	explicit_bzero(&secrets, sizeof secrets);
	return 0;
}

static size_t
write_text(char text[TEXT_MAX], const struct srs_secrets *secrets)
{
	size_t len = 0;
	for (size_t i = 0; i < secrets->count; i++) {
		len += (size_t)snprintf(text + len, TEXT_MAX - len, "%" PRId64 " ", secrets->list[i].made);
		for (size_t octet = 0; octet < SRS_SECRET_LEN; octet++, len += 2)
			snprintf(text + len, TEXT_MAX - len, "%02x", secrets->list[i].octets[octet]);
		text[len++] = '\n';
	}
	return len;
}

/* Writes the secrets to a new file and syncs it. */
static int
write_file(const char *path, const struct srs_secrets *secrets)
{
	char text[TEXT_MAX];
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (file < 0)
		return -1;
	size_t len = write_text(text, secrets);
	int result = file_write(file, text, len) == 0 && TEMP_FAILURE_RETRY(fsync(file)) == 0 ? 0 : -1;
	int error = errno;
	explicit_bzero(text, sizeof text);
	close(file);
	errno = error;
	return result;
}

/*
 * Puts a file of these secrets in place: in that of an earlier one, or, if fresh, only where none is. So of processes that
 * make the first one, one wins, and all read the same.
 */
static int
put(const char *folder, const char *path, const struct srs_secrets *secrets, bool fresh)
{
	char made[PATH_MAX];
	if (snprintf(made, sizeof made, "%s.%ld", path, (long)getpid()) >= (int)sizeof made) {
		errno = ENAMETOOLONG;
		return -1;
	}
	bool done = write_file(made, secrets) == 0;
	if (done && fresh)
		done = link(made, path) == 0 || errno == EEXIST;
	else if (done)
		done = rename(made, path) == 0;
	int error = errno;
	unlink(made);
	errno = error;
	return done ? file_sync_folder(folder) : -1;
}

static bool
make_secret(struct srs_secret *secret, int64_t now)
{
	secret->made = now;
	return getrandom(secret->octets, SRS_SECRET_LEN, 0) == SRS_SECRET_LEN;
}

int
srs_open(struct srs *srs, const char *folder, const char *domain, int64_t now)
{
	struct srs_secrets first = { .count = 1 };
	*srs = (struct srs) { .secrets.count = 0 };
	if (domain != NULL && !address_parse_domain(srs->domain, domain, strlen(domain)))
		return -1;
	if (data_path(srs->path, folder, SRS_FILE) < 0)
		return -1;
	if (load(srs) == 0)
		return 0;
	if (errno != ENOENT || !make_secret(&first.list[0], now))
		return -1;
	int result = put(folder, srs->path, &first, true);
	explicit_bzero(&first, sizeof first);
	return result < 0 ? -1 : load(srs);
}

int
srs_refresh(struct srs *srs)
{
	struct stat status;
	if (stat(srs->path, &status) < 0)
		return -1;
	bool same = status.st_dev == srs->device && status.st_ino == srs->inode && status.st_size == srs->size &&
	    status.st_mtim.tv_sec == srs->changed.tv_sec && status.st_mtim.tv_nsec == srs->changed.tv_nsec;
	return same ? 0 : load(srs);
}

/* A secret counts as long as the next one is not older than a valid address. */
static bool
push(struct srs_secrets *secrets, int64_t now)
{
	size_t count = secrets->count > 0 ? 1 : 0;
	while (count < secrets->count && now < secrets->list[count - 1].made + SRS_LIFETIME)
		count++;
	if (count == SRS_SECRETS_MAX) {
		errno = ENOSPC;
		return false;
	}
	memmove(&secrets->list[1], &secrets->list[0], count * sizeof secrets->list[0]);
	secrets->count = count + 1;
	return make_secret(&secrets->list[0], now);
}

/* The lock is that of the folder, so that two programs that rotate do not lose each other's secret. */
static int
rotate(const char *folder, int64_t now, size_t *kept)
{
	struct srs srs;
	int result = srs_open(&srs, folder, NULL, now);
	if (result == 0)
		result = push(&srs.secrets, now) ? put(folder, srs.path, &srs.secrets, false) : -1;
	*kept = result == 0 ? srs.secrets.count - 1 : 0;
	int error = errno;
	srs_close(&srs);
	errno = error;
	return result;
}

int
srs_rotate(const char *folder, int64_t now, size_t *kept)
{
	int lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*kept = 0;
	if (lock < 0)
		return -1;
	int result = TEMP_FAILURE_RETRY(flock(lock, LOCK_EX)) == 0 ? rotate(folder, now, kept) : -1;
	int error = errno;
	close(lock);
	errno = error;
	return result;
}

void
srs_close(struct srs *srs)
{
	explicit_bzero(&srs->secrets, sizeof srs->secrets);
}
