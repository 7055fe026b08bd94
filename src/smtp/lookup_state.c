/* A session's questions to the directory. */
#include "smtp/lookup_state.h"

#include <stdlib.h>
#include <string.h>

#include "smtp/internal.h"

struct lookup *
lookup_open(struct smtp_session *s)
{
	if (s->lookup == NULL && (s->lookup = malloc(sizeof *s->lookup)) != NULL)
		*s->lookup = (struct lookup) { .session = s };
	return s->lookup;
}

bool
lookup_is_list(const struct lookup *lookup)
{
	enum recipient_kind kind = lookup->recipient.recipient.kind;

	return lookup->recipient.base.verdict == DIRECTORY_FOUND && (kind == RECIPIENT_ALIAS || kind == RECIPIENT_LIST);
}

void
lookup_name_list(struct lookup *lookup)
{
	const struct recipient *recipient = &lookup->recipient.recipient;
	struct address *address = &lookup->expansion.address;

	*address = (struct address) { .null = false };
	memcpy(address->local, recipient->local, sizeof address->local);
	memcpy(address->domain, recipient->domain.name, sizeof address->domain);
}

void
lookup_close(struct smtp_session *s)
{
	if (s->lookup != NULL) {
		expansion_clear(&s->lookup->expansion.expansion);
		free(s->lookup->author);
	}
	free(s->lookup);
	s->lookup = NULL;
}
