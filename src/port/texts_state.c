/* Which own texts of the database a data folder has: a file beside them. */
#include "port/texts_state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/system/file.h"

static const char file_name[] = ".database", first_line[] = "ftgate-texts 1\n";

bool
texts_generation_is(const struct texts_generation *one, const struct texts_generation *other)
{
	return one->number == other->number && one->created == other->created;
}

bool
texts_generation_precedes(const struct texts_generation *one, const struct texts_generation *other)
{
	return one->number < other->number && one->created < other->created;
}

/* A number and the octet behind it. Returns the text behind that, NULL if it is something else. */
static const char *
parse_number(const char *text, char end, uint64_t *number)
{
	uint64_t value = 0;
	const char *at = text;
	for (; *at >= '0' && *at <= '9'; at++) {
		unsigned digit = (unsigned)(*at - '0');
		if (value > (UINT64_MAX - digit) / 10)
			return NULL;
		value = 10 * value + digit;
	}
	*number = value;
	return at > text && *at == end ? at + 1 : NULL;
}

/* A line "NAME NUMBER CREATED", without its end. */
static const char *
parse_generation(const char *text, const char *name, char end, struct texts_generation *generation)
{
	size_t len = strlen(name);
	if (strncmp(text, name, len) != 0)
		return NULL;
	text = parse_number(text + len, ' ', &generation->number);
	return text != NULL ? parse_number(text, end, &generation->created) : NULL;
}

static bool
parse_reason(const char *text, char reason[TEXTS_STATE_REASON])
{
	size_t len = strcspn(text, "\n");
	if (len >= TEXTS_STATE_REASON || strcmp(text + len, "\n") != 0)
		return false;
	for (size_t i = 0; i < len; i++)
		if (text[i] < ' ' || text[i] > '~')
			return false;
	memcpy(reason, text, len);
	reason[len] = '\0';
	return true;
}

bool
texts_state_parse(struct texts_state *state, const char *octets, size_t len)
{
	char text[TEXTS_STATE_MAX + 1];
	const char *at = text + sizeof first_line - 1;
	*state = (struct texts_state) { 0 };
	if (len > TEXTS_STATE_MAX || memchr(octets, '\0', len) != NULL)
		return false;
	memcpy(text, octets, len);
	text[len] = '\0';
	if (strncmp(text, first_line, sizeof first_line - 1) == 0 &&
	    (at = parse_generation(at, "used ", '\n', &state->used)) != NULL &&
	    (at = parse_generation(at, "refused ", ' ', &state->refused)) != NULL &&
	    (at = parse_number(at, ' ', &state->refusals)) != NULL && parse_reason(at, state->reason))
		return true;
	*state = (struct texts_state) { 0 };
	return false;
}

static int
make_path(char path[PATH_MAX], const char *folder, const char *suffix)
{
	errno = ENAMETOOLONG;
	return snprintf(path, PATH_MAX, "%s/%s%s", folder, file_name, suffix) < PATH_MAX ? 0 : -1;
}

int
texts_state_read(struct texts_state *state, const char *folder)
{
	char path[PATH_MAX];
	size_t len;
	*state = (struct texts_state) { 0 };
	int file = make_path(path, folder, "") < 0 ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (file < 0)
		return errno == ENOENT ? 0 : -1;
	char *octets = file_read(file, TEXTS_STATE_MAX, &len);
	int error = errno;
	close(file);
	if (octets != NULL)
		(void)texts_state_parse(state, octets, len);
	free(octets);
	errno = error;
	return octets != NULL ? 0 : -1;
}

static int
write_and_rename(const char *beside, const char *path, const char *text, size_t len)
{
	int file = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (file < 0)
		return -1;
	int result = file_write(file, text, len) < 0 || fsync(file) < 0 ? -1 : 0;
	int error = errno;
	close(file);
	errno = error;
	return result == 0 ? rename(beside, path) : -1;
}

int
texts_state_write(const struct texts_state *state, const char *folder)
{
	char path[PATH_MAX], beside[PATH_MAX], text[TEXTS_STATE_MAX];
	int len = snprintf(text, sizeof text,
	    "%sused %" PRIu64 " %" PRIu64 "\nrefused %" PRIu64 " %" PRIu64 " %" PRIu64 " %s\n", first_line,
	    state->used.number, state->used.created, state->refused.number, state->refused.created, state->refusals,
	    state->reason);
	if (make_path(path, folder, "") < 0 || make_path(beside, folder, ".new") < 0)
		return -1;
	return write_and_rename(beside, path, text, (size_t)len) < 0 ? -1 : file_sync_folder(folder);
}

int
texts_state_remove(const char *folder)
{
	char path[PATH_MAX];
	if (make_path(path, folder, "") < 0)
		return -1;
	if (unlink(path) < 0)
		return errno == ENOENT ? 0 : -1;
	return file_sync_folder(folder);
}
