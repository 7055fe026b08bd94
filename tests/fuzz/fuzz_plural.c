/* Fuzzes Plural-Forms: what is accepted has a form for every number. */
#include "catalog/plural.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned long large[] = { UINT_MAX, UINT_MAX + 1UL, LONG_MAX, ULONG_MAX - 1, ULONG_MAX };
	struct plural plural;
	if (!plural_parse(&plural, (const char *)data, size))
		return 0;
	if (plural.forms == 0 || plural.forms > PLURAL_FORMS_MAX || plural.nodes == 0 || plural.nodes > PLURAL_NODES)
		abort();
	for (unsigned long n = 0; n < 130; n++) {
		if (plural_form(&plural, n) >= plural.forms)
			abort();
	}
	for (size_t i = 0; i < sizeof(large) / sizeof(large[0]); i++) {
		if (plural_form(&plural, large[i]) >= plural.forms)
			abort();
	}
	return 0;
}
