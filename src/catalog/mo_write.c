/* Writing of GNU .mo files, revision 0.0 without a hash table (GNU gettext manual, section 10.3). */
#include "catalog/mo.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { TABLE_ROW = 8 };

struct writer {
	char *bytes;
	uint32_t table; /* where the next row of a table goes */
	uint32_t end;   /* and the next string */
};

/* gettext() looks a key up by strcmp(): a plural msgid after a NUL does not count. */
static int
by_key(const void *a, const void *b)
{
	const struct mo_entry *x = a, *y = b;
	return strcmp(x->key.bytes, y->key.bytes);
}

/* The octets of the file; 0 with errno if it would be too large. */
static size_t
size_of(const struct mo_entry *entries, size_t count)
{
	size_t size = MO_HEADER + count * 2 * TABLE_ROW;
	bool fits = count <= MO_ENTRIES_MAX;
	for (size_t i = 0; fits && i < count; i++) {
		fits = entries[i].key.len < MO_SIZE_MAX && entries[i].text.len < MO_SIZE_MAX;
		size += fits ? entries[i].key.len + entries[i].text.len + 2 : 0;
		fits = fits && size <= MO_SIZE_MAX;
	}
	errno = EFBIG;
	return fits ? size : 0;
}

static void
put_word(struct writer *writer, uint32_t value)
{
	memcpy(writer->bytes + writer->table, &value, sizeof(value));
	writer->table += sizeof(value);
}

static void
put_string(struct writer *writer, const struct mo_string *string)
{
	put_word(writer, (uint32_t)string->len);
	put_word(writer, writer->end);
	memcpy(writer->bytes + writer->end, string->bytes, string->len);
	writer->end += (uint32_t)string->len;
	writer->bytes[writer->end++] = '\0';
}

static void
put_file(struct writer *writer, const struct mo_entry *entries, uint32_t count)
{
	const uint32_t texts = MO_HEADER + count * TABLE_ROW, end = texts + count * TABLE_ROW;
	const uint32_t header[] = { MO_MAGIC, 0, count, MO_HEADER, texts, 0, end };
	static_assert(sizeof(header) == MO_HEADER, "the header has seven words");
	for (size_t i = 0; i < sizeof(header) / sizeof(header[0]); i++)
		put_word(writer, header[i]);
	writer->end = end;
	for (uint32_t i = 0; i < count; i++)
		put_string(writer, &entries[i].key);
	for (uint32_t i = 0; i < count; i++)
		put_string(writer, &entries[i].text);
}

char *
mo_write(struct mo_entry *entries, size_t count, size_t *size)
{
	if ((*size = size_of(entries, count)) == 0)
		return NULL;
	if (count > 0)
		qsort(entries, count, sizeof(entries[0]), by_key);
	for (size_t i = 1; i < count; i++) {
		if (by_key(&entries[i - 1], &entries[i]) == 0) {
			errno = EEXIST;
			return NULL;
		}
	}
	struct writer writer = { .bytes = malloc(*size) };
	if (writer.bytes != NULL)
		put_file(&writer, entries, (uint32_t)count);
	return writer.bytes;
}
