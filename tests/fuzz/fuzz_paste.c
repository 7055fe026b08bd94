/* What people paste into `ftgate-msg explain`: whatever it is, each thing found in it is one that can be explained. */
#include "cmd/msg/explain/find.h"
#include "cmd/msg/explain/foreign.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(const struct hits *hits)
{
	assert(hits->count <= HITS_MAX);
	for (size_t i = 0; i < hits->count; i++) {
		const struct hit *hit = &hits->at[i];

		assert((hit->kind == HIT_REPLY) == (hit->id < FTG_IDS));
		assert(hit->kind != HIT_NONE || hit->reference < 1000);
		assert(hit->kind != HIT_STATUS || *hit->code || strlen(hit->status) >= 5);
		assert(!*hit->status || strchr("245", hit->status[0]));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct hits text = { 0 }, codes = { 0 }, word = { 0 }, mentions = { 0 };
	struct foreign foreign = { 0 };
	char what[64] = "";

	find_in_text(&text, (const char *)data, size);
	check(&text);
	foreign_scan(&foreign, (const char *)data, size);
	foreign_finish(&foreign, foreign_server((const char *)data, size), &codes);
	assert(codes.count <= FOREIGN_MAX && (codes.count > 0) == (foreign.count > 0));
	check(&codes);
	find_mentions(&mentions, (const char *)data, size);
	check(&mentions);
	memcpy(what, data, size < sizeof what ? size : sizeof what - 1);
	assert(find_word(&word, what) == (word.count > 0));
	check(&word);
	return 0;
}
