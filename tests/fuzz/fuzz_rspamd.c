/* Fuzzes the reader of what rspamd answers; the first octet of an input tells whether SPF is a reason. */
#include "peer/rspamd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SCAN_TEXT_SIZE];
	if (size == 0)
		return 0;
	bool spf = data[0] & 1;
	enum scan_verdict verdict = rspamd_answer_read((const char *)data + 1, size - 1, spf, text);
	if (verdict > SCAN_FAILED || (verdict == SCAN_SPF && !spf))
		abort();
	if (strnlen(text, sizeof text) == sizeof text)
		abort();
	for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++)
		if (*at < ' ' || *at == 0x7F)
			abort();
	if (verdict == SCAN_REFUSED && text[0] == '\0')
		abort();
	return 0;
}
