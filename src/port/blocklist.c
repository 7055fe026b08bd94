/* DNS blocklists: the meaning of their answers. */
#include "port/blocklist.h"

#include <stdbool.h>

static bool
is_wanted(const struct blocklist *list, uint32_t code)
{
	bool wanted = list->count == 0;
	for (size_t i = 0; i < list->count; i++)
		wanted |= code >= list->codes[i].low && code <= list->codes[i].high;
	return wanted;
}

/* The domain of an abandoned list may have a new owner now, and answer each query with any address. */
enum blocklist_verdict
blocklist_judge(const struct blocklist *list, const struct resolver_answer *answer, const struct network **code)
{
	enum blocklist_verdict verdict = BLOCKLIST_CLEAN;
	for (size_t i = 0; i < answer->count; i++) {
		uint32_t number = network_ipv4_number(&answer->records[i].address);
		bool refuses = number < BLOCKLIST_CODES_LOW || number >= BLOCKLIST_ERRORS_LOW;
		if (!refuses && !is_wanted(list, number))
			continue;
		*code = &answer->records[i].address;
		if (refuses)
			return BLOCKLIST_REFUSES;
		verdict = BLOCKLIST_LISTED;
	}
	return verdict;
}
