/* The size of the surrogate of a message in a file. Blocks. */
#include "store/surrogate_size.h"

#include <errno.h>
#include <unistd.h>

#include "message/surrogate.h"
#include "store/wire.h"

enum { BLOCK = 16 * 1024 };

static void
count(struct surrogate *surrogate, struct wire_count *octets)
{
	if (surrogate->len > 0)
		wire_count(octets, surrogate->octets, surrogate->len);
	surrogate->len = 0;
}

/* The need is known behind the header: a message that needs no surrogate is not read further. */
static int
make(int file, struct surrogate *surrogate, struct wire_count *octets)
{
	char block[BLOCK];
	off_t at = 0;
	ssize_t got = 1;
	while (got > 0 && (!surrogate->body || surrogate_is_needed(surrogate))) {
		got = TEMP_FAILURE_RETRY(pread(file, block, sizeof block, at));
		if (got < 0 || surrogate_put(surrogate, block, (size_t)(got > 0 ? got : 0)) < 0)
			return -1;
		at += got;
		count(surrogate, octets);
	}
	if (surrogate_end(surrogate) < 0)
		return -1;
	count(surrogate, octets);
	return 0;
}

int
surrogate_size(int file, uint64_t *size)
{
	struct surrogate surrogate = { 0 };
	struct wire_count octets = { 0 };
	int result = make(file, &surrogate, &octets), error = errno;
	*size = result == 0 && surrogate_is_needed(&surrogate) ? wire_count_end(&octets) : 0;
	surrogate_clear(&surrogate);
	errno = error;
	return result;
}
