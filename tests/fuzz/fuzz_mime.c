/* Fuzzes the walk through the parts of a message. */
#include "message/mime_walk.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "message/mime_field.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been seen: how often what, and a hash of it all. */
struct seen {
	unsigned fields, types, names;
	unsigned calls, until; /* so many, which ends the walk; 0: none does */
	uint64_t hash;
};

static bool
see(struct seen *seen, unsigned *count, const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		seen->hash = (seen->hash ^ (unsigned char)text[i]) * 0x100000001B3;
	++*count;
	return ++seen->calls != seen->until;
}

static bool
see_field(void *context, const char *name, const char *value)
{
	struct seen *seen = context;
	if (*name == '\0')
		abort();
	return see(seen, &seen->fields, value);
}

static bool
see_type(void *context, const char *type)
{
	struct seen *seen = context;
	if (strlen(type) >= MIME_TYPE_SIZE || strchr(type, '/') == NULL)
		abort();
	return see(seen, &seen->types, type);
}

static bool
see_name(void *context, const char *name)
{
	struct seen *seen = context;
	return see(seen, &seen->names, name);
}

static enum mime_result
walk(int file, struct seen *seen, bool header_only)
{
	const struct mime_visitor visitor = { see_field, see_type, see_name, header_only, seen };
	enum mime_result result = mime_walk(file, &visitor);
	if (result == MIME_FAILED || seen->types > 100 * (MIME_PARTS_MAX + 1))
		abort();
	return result;
}

/* The same comes of the same; of the header alone come its fields; nothing is told behind an end. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen one = { 0 }, two = { 0 }, header = { 0 }, first = { .until = 1 };
	int file = memfd_create("message", 0);
	mime_field_prepare();
	if (file < 0 || write(file, data, size) != (ssize_t)size)
		abort();
	if (walk(file, &one, false) != walk(file, &two, false) || one.hash != two.hash || one.names != two.names)
		abort();
	walk(file, &header, true);
	if (header.types != 0 || header.names != 0 || header.fields < one.fields)
		abort();
	walk(file, &first, false);
	if (first.calls > 1)
		abort();
	close(file);
	return 0;
}
