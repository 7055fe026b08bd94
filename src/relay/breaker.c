/* Remembers that a server could not be reached, so that the next message does not wait for it again. */
#include "relay/breaker.h"

#include <stdlib.h>
#include <string.h>

bool
breaker_is_open(const struct breaker *breaker, int64_t now)
{
	return breaker->failures > 0 && now < breaker->until;
}

bool
breaker_has_failed(const struct breaker *breaker)
{
	return breaker->failures > 0;
}

bool
breaker_open(struct breaker *breaker, int64_t until, const char *cause)
{
	bool first = breaker->failures++ == 0;
	breaker->until = until;
	free(breaker->cause);
	breaker->cause = cause != NULL ? strdup(cause) : NULL;
	return first;
}

bool
breaker_close(struct breaker *breaker)
{
	bool was_open = breaker->failures > 0;
	free(breaker->cause);
	*breaker = (struct breaker) { 0 };
	return was_open;
}
