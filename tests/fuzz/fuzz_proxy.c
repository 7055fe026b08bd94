/* Fuzzes the reader of PROXY headers; the first octet of an input says in what pieces the others come. */
#include "net/proxy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum proxy_result
read_pieces(struct proxy *proxy, const uint8_t *data, size_t size, size_t piece, size_t *total)
{
	enum proxy_result result = PROXY_MORE;
	*total = 0;
	while (result == PROXY_MORE && *total < size) {
		size_t used, len = piece < size - *total ? piece : size - *total;
		result = proxy_read(proxy, data + *total, len, &used);
		if (used > len || (result == PROXY_MORE && used != len))
			abort();
		*total += used;
	}
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proxy whole = { 0 }, pieces = { 0 };
	size_t used_whole, used_pieces;
	if (size < 2)
		return 0;
	enum proxy_result result = read_pieces(&whole, data + 1, size - 1, size - 1, &used_whole);
	enum proxy_result again = read_pieces(&pieces, data + 1, size - 1, data[0] + 1u, &used_pieces);
	if (result != again)
		abort();
	if (result != PROXY_DONE)
		return 0;
	if (used_whole != used_pieces || used_whole > PROXY_HEADER_MAX || whole.local != pieces.local)
		abort();
	if (strcmp(whole.client.address, pieces.client.address) != 0 || whole.client.port != pieces.client.port)
		abort();
	if (whole.local ? whole.client.address[0] != '\0' : whole.client.address[0] == '\0')
		abort();
	return 0;
}
