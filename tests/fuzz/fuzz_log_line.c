/* Fuzzes the reader of log lines: a line that is read whole is what the log writes of the values that were read. */
#include "base/log/log_line.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STAMP_LEN = 24, INPUT_MAX = LOG_WRITE_MAX };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool fine)
{
	if (!fine)
		abort();
}

/* Copies a span, so that a sanitizer sees reads beyond it, and so that it ends with a NUL. */
static const char *
name(struct log_span span, char copy[INPUT_MAX + 1])
{
	memcpy(copy, span.text, span.len);
	copy[span.len] = '\0';
	return copy;
}

/* Writes the line once more; false if it is not read to its end. */
static bool
write_again(struct log_line line)
{
	char value[LOG_VALUE_MAX + 1], copy[INPUT_MAX + 1];
	struct log_pair pair;
	int found;
	log_begin(name(line.event, copy));
	while ((found = log_line_next(&line, &pair)) == 1)
		log_put_octets(name(pair.key, copy), value, log_pair_value(&pair, value));
	return found == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int ends[2];
	static char again[2 * INPUT_MAX];
	struct log_line line;
	if (size >= INPUT_MAX)
		return 0;
	if (ends[1] == 0) {
		expect(pipe2(ends, O_CLOEXEC) == 0);
		log_open(ends[1], NULL);
	}
	char *text = malloc(size + 1);
	expect(text != NULL);
	memcpy(text, data, size);
	if (log_line_begin(&line, text, size) && line.event.len <= LOG_VALUE_MAX && write_again(line)) {
		const char *start = line.time.text + STAMP_LEN;
		size_t len = (size_t)(text + size - start);
		log_end();
		ssize_t got = read(ends[0], again, sizeof again);
		expect(got == (ssize_t)(STAMP_LEN + len + 1));
		expect(memcmp(again + STAMP_LEN, start, len) == 0);
	}
	if (log_line_begin_entry(&line, text, size) && line.event.len <= LOG_VALUE_MAX && write_again(line)) {
		log_end();
		ssize_t got = read(ends[0], again, sizeof again);
		expect(got == (ssize_t)(STAMP_LEN + 1 + size + 1));
		expect(memcmp(again + STAMP_LEN + 1, text, size) == 0);
	}
	free(text);
	return 0;
}
