/* GNU .mo files (GNU gettext manual, section 10.3). Read, not mapped: truncating a mapped file would cause SIGBUS. */
#include "catalog/mo.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_1 = 48 }; /* octets of the header from minor revision 1 on */

static uint32_t
word(const struct mo *mo, size_t offset)
{
	uint32_t value;
	memcpy(&value, mo->bytes + offset, sizeof(value));
	return mo->swapped ? __builtin_bswap32(value) : value;
}

static bool
table_fits(const struct mo *mo, uint32_t offset)
{
	return offset <= mo->size && (uint64_t)mo->entries * 8 <= mo->size - offset;
}

/* Counts a string that lies in the file. Returns false if all strings together are too long. */
static bool
add_string(struct mo *mo, uint32_t len)
{
	mo->strings += len;
	return mo->strings <= MO_STRINGS_MAX;
}

static bool
string_fits(struct mo *mo, size_t entry)
{
	uint32_t len = word(mo, entry);
	uint32_t offset = word(mo, entry + 4);
	return offset < mo->size && len < mo->size - offset && mo->bytes[offset + len] == '\0' && add_string(mo, len);
}

/* Whether the system-dependent string at an offset begins with a segment that lies in the file. */
static bool
dependent_fits(struct mo *mo, uint32_t offset)
{
	if (offset > mo->size || mo->size - offset < 8)
		return false;
	uint32_t segment = word(mo, offset), len = word(mo, (size_t)offset + 4);
	return segment <= mo->size && len <= mo->size - segment && add_string(mo, len);
}

/* Finds the table of the system-dependent strings. Returns false if it does not fit the file. */
static bool
parse_dependents(struct mo *mo)
{
	if (mo->size < HEADER_1)
		return false;
	uint32_t count = word(mo, 36), keys = word(mo, 40);
	if (count > MO_ENTRIES_MAX || keys > mo->size || (uint64_t)count * 4 > mo->size - keys)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		if (!dependent_fits(mo, word(mo, keys + 4 * (size_t)i)))
			return false;
	}
	mo->dependents = count;
	mo->dependent_keys = keys;
	return true;
}

/*
 * A minor revision only adds parts that a reader may leave out (GNU gettext manual, section 10.3): those of revision 1 are
 * known, those of a later one may be others.
 */
static bool
parse_revision(struct mo *mo, const char **why)
{
	uint32_t revision = word(mo, 4), major = revision >> 16, minor = revision & 0xFFFF;
	*why = "an unknown major revision of the .mo format";
	if (major > 1)
		return false;
	*why = "its system-dependent strings lie outside the file: cut short or damaged";
	if (minor == 0 || parse_dependents(mo))
		return true;
	mo->strings = 0;
	return minor > 1;
}

bool
mo_parse(struct mo *mo, char *bytes, size_t size, const char **why)
{
	*mo = (struct mo) { .bytes = bytes, .size = size };
	*why = "shorter than the header of a .mo file";
	if (size < MO_HEADER)
		return false;
	*why = "not a .mo file";
	mo->swapped = word(mo, 0) == __builtin_bswap32(MO_MAGIC);
	if (word(mo, 0) != MO_MAGIC)
		return false;
	if (!parse_revision(mo, why))
		return false;
	mo->entries = word(mo, 8);
	mo->keys = word(mo, 12);
	mo->texts = word(mo, 16);
	*why = "its tables do not fit the file: cut short or damaged";
	if (mo->entries > MO_ENTRIES_MAX || !table_fits(mo, mo->keys) || !table_fits(mo, mo->texts))
		return false;
	*why = "a string lies outside the file, has no end, or its strings overlap: cut short or damaged";
	for (uint32_t i = 0; i < mo->entries; i++) {
		if (!string_fits(mo, mo->keys + 8 * (size_t)i) || !string_fits(mo, mo->texts + 8 * (size_t)i))
			return false;
	}
	return true;
}

static struct mo_string
string_at(const struct mo *mo, size_t entry)
{
	return (struct mo_string) { .bytes = mo->bytes + word(mo, entry + 4), .len = word(mo, entry) };
}

struct mo_string
mo_key(const struct mo *mo, uint32_t i)
{
	return string_at(mo, mo->keys + 8 * (size_t)i);
}

struct mo_string
mo_text(const struct mo *mo, uint32_t i)
{
	return string_at(mo, mo->texts + 8 * (size_t)i);
}

struct mo_string
mo_dependent_key(const struct mo *mo, uint32_t i)
{
	uint32_t at = word(mo, mo->dependent_keys + 4 * (size_t)i);
	return (struct mo_string) { .bytes = mo->bytes + word(mo, at), .len = word(mo, (size_t)at + 4) };
}

/* Reads up to MO_SIZE_MAX + 1 octets. Returns -1 with errno, or -2 if this is not a regular file. */
static ssize_t
read_whole(int fd, char **bytes)
{
	struct stat st;
	size_t used = 0;
	if (fstat(fd, &st) != 0)
		return -1;
	if (!S_ISREG(st.st_mode))
		return -2;
	size_t room = st.st_size > MO_SIZE_MAX ? MO_SIZE_MAX + 1 : (size_t)st.st_size + 1;
	if ((*bytes = malloc(room)) == NULL)
		return -1;
	while (used < room) {
		ssize_t n = read(fd, *bytes + used, room - used);
		if (n == 0)
			break;
		if (n < 0 && errno != EINTR)
			return -1;
		used += n > 0 ? (size_t)n : 0;
	}
	return (ssize_t)used;
}

int
mo_read(struct mo *mo, const char *path, const char **why)
{
	char *bytes = NULL;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return -1;
	ssize_t size = read_whole(fd, &bytes);
	int error = errno;
	close(fd);
	*why = size < 0 ? "not a regular file" : "larger than a catalogue may be (1 MiB)";
	if (size >= 0 && size <= MO_SIZE_MAX && mo_parse(mo, bytes, (size_t)size, why))
		return 0;
	free(bytes);
	errno = error;
	return size == -1 ? -1 : -2;
}

void
mo_free(struct mo *mo)
{
	free(mo->bytes);
	*mo = (struct mo) { 0 };
}
