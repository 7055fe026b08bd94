/* Fuzzes the reader of what rspamd answers; the first octet of an input tells whether SPF is a reason, and if UTF-8 may be added. */
#include "base/text/field_edits.h"
#include "peer/rspamd.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is to be added cannot end a field. */
static void
check_text(const char *text)
{
	for (size_t i = 0; text[i] != '\0'; i++)
		if (text[i] == '\r' ||
		    (text[i] == '\n' && text[i + 1] != ' ' && text[i + 1] != '\t' && text[i + 1] != '\0'))
			abort();
}

static void
check_edits(struct field_edits *edits, enum scan_verdict verdict)
{
	if (verdict != SCAN_CLEAN && verdict != SCAN_SUSPECT && !field_edits_is_empty(edits))
		abort();
	if (edits->high && !edits->utf8)
		abort();
	for (size_t i = 0; i < edits->added_count; i++)
		check_text(edits->added[i].text);
	if (edits->subject != NULL)
		check_text(edits->subject);
	field_edits_clear(edits);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[SCAN_TEXT_SIZE];
	struct field_edits edits = { 0 };
	if (size == 0)
		return 0;
	bool spf = data[0] & 1;
	edits.utf8 = data[0] & 2;
	enum scan_verdict verdict = rspamd_answer_read((const char *)data + 1, size - 1, spf, &edits, text);
	check_edits(&edits, verdict);
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
