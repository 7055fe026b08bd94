/* Parses the answer of clamd to INSTREAM: "stream: OK", "stream: NAME FOUND", or an error. */
#include <stdio.h>
#include <string.h>

#include "base/text/printable.h"
#include "peer/clamd.h"

enum scan_verdict
clamd_answer_read(const char *answer, size_t len, char text[SCAN_TEXT_SIZE])
{
	static const char start[] = "stream: ", found[] = " FOUND", ok[] = "stream: OK";
	const size_t start_len = sizeof start - 1, found_len = sizeof found - 1;
	char name[SCAN_TEXT_SIZE - sizeof "virus "];

	text[0] = '\0';
	if (len == sizeof ok - 1 && memcmp(answer, ok, len) == 0)
		return SCAN_CLEAN;
	if (len <= start_len + found_len || memcmp(answer, start, start_len) != 0 ||
	    memcmp(answer + len - found_len, found, found_len) != 0) {
		printable_copy(text, SCAN_TEXT_SIZE, answer, len);
		return SCAN_FAILED;
	}
	printable_copy(name, sizeof name, answer + start_len, len - start_len - found_len);
	snprintf(text, SCAN_TEXT_SIZE, "virus %s", name);
	return SCAN_REFUSED;
}
