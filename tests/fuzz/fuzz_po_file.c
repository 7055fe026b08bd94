/* Fuzzes the reader of .po files: entries are in order, a change keeps all else, and what is changed can be read again. */
#include "texts/po_file.h"

#include <errno.h>
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

static void
expect_order(const struct po_file *po)
{
	size_t last = 0;
	for (size_t i = 0; i < po->count; i++) {
		const struct po_item *item = &po->item[i];
		expect(last <= item->begin && item->begin <= item->keys && item->keys < item->strings);
		expect(item->strings < item->end && item->end <= po->len && item->line < item->string_line);
		expect(item->text[item->text_len] == '\0' && item->forms > 0 && item->forms <= PO_FORMS_MAX);
		last = item->end;
	}
}

/* The entry with the words that were set is there, and the others are as before. */
static void
expect_set(const struct po_file *po)
{
	static const char *const form[] = { "a\"\n\\", "b" };
	const struct po_words words = { "A", "x", "y", form, 2 };
	struct po_file changed;
	size_t len;
	char *octets = po_file_set(po, &words, &len);
	expect(octets != NULL);
	if (po_file_parse(&changed, octets, len) < 0) {
		expect(len > PO_FILE_MAX);
	} else {
		const struct po_item *item = po_file_find(&changed, "A", "x");
		expect(item != NULL && po_item_is_compiled(item) && strcmp(item->text, form[0]) == 0);
		expect(changed.count >= po->count && changed.count <= po->count + 1);
	}
	po_file_free(&changed);
	free(octets);
}

static void
expect_unset(const struct po_file *po, const struct po_item *item)
{
	struct po_file changed;
	size_t len;
	char *octets = po_file_unset(po, item, &len);
	expect(octets != NULL && po_file_parse(&changed, octets, len) == 0);
	expect(changed.count + 1 == po->count);
	po_file_free(&changed);
	free(octets);
}

/* What is made again of a compiled form compiles to the same. */
static void
expect_decompiled(const struct po_file *po)
{
	struct po_file again;
	size_t len, source_len, again_len;
	char *octets = po_file_compile(po, NULL, &len);
	char *source = octets != NULL ? po_file_decompile(octets, len, &source_len) : NULL;
	if (source != NULL && source_len <= PO_FILE_MAX) {
		expect(po_file_parse(&again, source, source_len) == 0);
		char *same = po_file_compile(&again, NULL, &again_len);
		expect(same != NULL && again_len == len && memcmp(same, octets, len) == 0);
		free(same);
		po_file_free(&again);
	}
	free(source);
	free(octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct po_file po;
	if (po_file_parse(&po, (const char *)data, size) == 0) {
		expect(po.fault == NULL);
		expect_order(&po);
		expect_decompiled(&po);
		expect_set(&po);
		if (po.count > 0)
			expect_unset(&po, &po.item[size % po.count]);
	} else {
		expect(errno == ENOMEM || (po.fault != NULL && po.fault_line > 0));
	}
	po_file_free(&po);
	return 0;
}
