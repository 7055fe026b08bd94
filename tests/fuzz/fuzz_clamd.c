/* Fuzzes the reader of what clamd answers. */
#include "peer/clamd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SCAN_TEXT_SIZE];
	enum scan_verdict verdict = clamd_answer_read((const char *)data, size, text);
	if (verdict != SCAN_CLEAN && verdict != SCAN_REFUSED && verdict != SCAN_FAILED)
		abort();
	if ((verdict == SCAN_CLEAN) != (size == 10 && memcmp(data, "stream: OK", 10) == 0))
		abort();
	if (strnlen(text, sizeof text) == sizeof text)
		abort();
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
		if (*at < ' ' || *at == 0x7F)
			abort();
	return 0;
}
