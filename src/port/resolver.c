/* Questions to the DNS. */
#include "port/resolver.h"

#include <string.h>

void
resolver_ask(struct resolver *resolver, enum resolver_type type, const char *name, struct resolver_question *question)
{
	static const struct resolver_answer none = { .outcome = RESOLVER_NO_NAME };
	bool root = type == RESOLVER_NS && *name == '\0';
	if (root || dns_name_is_valid(name, strlen(name)))
		resolver->ask(resolver, type, name, question);
	else
		question->done(question, &none);
}
