/* Fuzzes the reader of the line numbers of a .po: they are lines of the file, in ascending order. */
#include "base/text/po_lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
expect(bool fine)
{
	if (!fine)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_lines lines;
	size_t last = 0, ends = 1;
	if (size == 0)
		return 0;
	FILE *stream = fmemopen((void *)(uintptr_t)data, size, "r");
	if (stream == NULL)
		return 0;
	for (size_t i = 0; i < size; i++)
		ends += data[i] == '\n';
	expect(po_lines_parse(&lines, stream));
	fclose(stream);
	for (size_t i = 0; i < lines.count; i++) {
		const struct po_place *place = &lines.entry[i];
		expect(place->start > last && place->text >= place->start && place->text <= ends);
		expect(memchr(place->context, '\0', PO_CONTEXT_MAX) != NULL);
		expect(po_lines_find(&lines, place->context, place->id, false) != NULL);
		last = place->start;
	}
	(void)po_lines_next(&lines, "ERR_SMTP_OK");
	po_lines_free(&lines);
	return 0;
}
