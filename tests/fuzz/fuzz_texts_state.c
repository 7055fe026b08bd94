/*
 * The file that says which own texts of the database a data folder has: any
 * octets are read within bounds, and what is no such file is empty.
 */
#include "port/texts_state.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len)
{
	struct texts_state state, again;
	char *copy = malloc(len + 1);
	if (copy == NULL)
		abort();
	memcpy(copy, octets, len);
	bool parsed = texts_state_parse(&state, copy, len);
	if (parsed != texts_state_parse(&again, copy, len) || memcmp(&state.used, &again.used, sizeof state.used) != 0)
		abort();
	if (strlen(state.reason) >= TEXTS_STATE_REASON || (!parsed && state.used.number != 0))
		abort();
	free(copy);
	return 0;
}
