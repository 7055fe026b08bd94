/* Fuzzes the reader of headers; the first octet of an input says in what pieces the others come. */
#include "message/header.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What has been handed out: how much, and a hash of it. */
struct seen {
	uint64_t hash;
	size_t octets;
	bool open;
};

static void
add(struct seen *seen, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		seen->hash = (seen->hash ^ (unsigned char)text[i]) * 0x100000001B3;
	seen->octets += len;
}

static void
note(void *context, const struct header_field *field)
{
	struct seen *seen = context;
	size_t name = strlen(field->name);
	if (name == 0 || name > HEADER_NAME_MAX || field->len > HEADER_VALUE_MAX || field->first == seen->open)
		abort();
	if (memmem(field->value, field->len, "\r\n", 2) != NULL)
		abort();
	seen->open = !field->last;
	if (field->first)
		add(seen, field->name, name + 1);
	add(seen, field->value, field->len);
}

static struct header_scanner
scan(const uint8_t *data, size_t size, size_t piece, struct seen *seen)
{
	struct header_scanner scanner = { .field = note, .context = seen };
	for (size_t at = 0; at < size; at += piece)
		header_scan(&scanner, (const char *)data + at, piece < size - at ? piece : size - at);
	header_end(&scanner);
	return scanner;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = { 0 }, pieces = { 0 };
	if (size < 2)
		return 0;
	struct header_scanner one = scan(data + 1, size - 1, size - 1, &whole);
	struct header_scanner other = scan(data + 1, size - 1, data[0] + 1u, &pieces);
	if (whole.hash != pieces.hash || whole.octets != pieces.octets || whole.open || pieces.open)
		abort();
	if (one.malformed != other.malformed || one.received != other.received || one.size != other.size)
		abort();
	if (whole.octets > 2 * size || one.size > size)
		abort();
	return 0;
}
