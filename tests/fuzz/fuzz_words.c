/* Words of replies in what people paste into `ftgate-msg explain`, beside codes: whatever they are, a hit is a reply. */
#include "cmd/msg/explain/find.h"
#include "cmd/msg/explain/foreign.h"
#include "ftgate/catalog.h"

#include <assert.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The octets before the first NUL are the report of the message. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hits hits = { 0 };
	struct foreign report = { 0 };
	const char *text = (const char *)data;
	size_t n = 0;

	while (n < size && text[n] != '\0')
		n++;
	if (n < size)
		foreign_scan(&report, text, n++);
	else
		n = 0;
	find_by_words(&hits, ftg_catalog_english(FTG_PUBLISHED), &report, text + n, size - n);
	assert(hits.count <= HITS_MAX);
	for (size_t i = 0; i < hits.count; i++)
		assert(hits.at[i].kind == HIT_REPLY && hits.at[i].id < FTG_IDS && hits.at[i].language);
	return 0;
}
