/* A session's questions to the directory. */
#include "smtp/lookup_state.h"

#include <stdlib.h>

#include "smtp/internal.h"

struct lookup *
lookup_open(struct smtp_session *s)
{
	if (s->lookup == NULL && (s->lookup = malloc(sizeof *s->lookup)) != NULL)
		*s->lookup = (struct lookup) { .session = s };
	return s->lookup;
}

void
lookup_close(struct smtp_session *s)
{
	if (s->lookup != NULL)
		expansion_clear(&s->lookup->expansion.expansion);
	free(s->lookup);
	s->lookup = NULL;
}
