/* Fuzzes the reader of the journal's export format: each message is in the input, and has a time of the log's form. */
#include "cmd/ctl/trace/journal.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct given {
	const uint8_t *data;
	size_t size;
};

static void
check(void *context, const char *stamp, const char *text, size_t len)
{
	const struct given *given = context;
	if (strlen(stamp) != SOURCE_STAMP_SIZE - 1 || stamp[10] != 'T' || stamp[SOURCE_STAMP_SIZE - 2] != 'Z')
		abort();
	if (len > 0 && memmem(given->data, given->size, text, len) == NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct input input;
	struct given given = { data, size };
	int file = memfd_create("input", MFD_CLOEXEC);
	if (file < 0 || write(file, data, size) != (ssize_t)size || lseek(file, 0, SEEK_SET) < 0)
		abort();
	input_open(&input, file);
	(void)journal_read(&input, check, &given);
	close(file);
	return 0;
}
