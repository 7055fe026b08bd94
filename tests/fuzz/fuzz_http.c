/* Fuzzes the reader of HTTP answers: as a whole, and in all that it is before that. */
#include "peer/http_answer.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *octets = (const char *)data;
	struct http_answer answer, first;
	if (http_answer_read(&answer, octets, size, true) == HTTP_MORE)
		abort();
	for (size_t len = size > 64 ? size - 64 : 0; len <= size; len++) {
		enum http_progress progress = http_answer_read(&first, octets, len, false);
		if (progress == HTTP_CUT_OFF)
			abort();
		if (progress != HTTP_WHOLE)
			continue;
		if (first.status < 100 || first.status > 999 || first.body < octets ||
		    first.body + first.len > octets + len)
			abort();
		if (http_answer_read(&answer, octets, size, true) != HTTP_WHOLE || answer.len != first.len)
			abort();
	}
	return 0;
}
