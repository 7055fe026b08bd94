/* Fuzzes the counter of addresses; the first octet of an input says in what pieces the others come. */
#include "message/address_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned
count(const uint8_t *data, size_t size, size_t piece)
{
	struct address_list list = { 0 };
	for (size_t at = 0; at < size; at += piece) {
		unsigned before = list.count;
		address_list_read(&list, (const char *)data + at, piece < size - at ? piece : size - at, false);
		if (list.count < before)
			abort();
	}
	address_list_read(&list, NULL, 0, true);
	if (list.hidden != 0 || list.comment != 0 || list.in != 0 || list.angle || list.escaped || list.some)
		abort();
	return list.count;
}

/* No more addresses than there is room for, and as many however they come. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	unsigned whole = count(data + 1, size - 1, size - 1);
	if (whole != count(data + 1, size - 1, data[0] + 1u) || whole > size)
		abort();
	return 0;
}
