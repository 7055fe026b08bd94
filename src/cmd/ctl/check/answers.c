/* The answers of the DNS that a check needs, each asked for once. */
#include "cmd/ctl/check/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct lookup failed = { .outcome = RESOLVER_FAILED };

bool
answers_open(struct answers *answers, const char *servers)
{
	*answers = (struct answers) { .servers = servers, .of = calloc(ANSWERS_MAX, sizeof *answers->of) };
	return answers->of != NULL;
}

void
answers_close(struct answers *answers)
{
	free(answers->of);
}

static struct lookup *
find(struct answers *answers, enum resolver_type type, const char *name)
{
	for (size_t i = 0; i < answers->count; i++)
		if (answers->of[i].type == type && strcasecmp(answers->of[i].name, name) == 0)
			return &answers->of[i];
	return NULL;
}

void
answers_want(struct answers *answers, enum resolver_type type, const char *name)
{
	if (find(answers, type, name) != NULL || answers->count == ANSWERS_MAX || strlen(name) > DNS_NAME_MAX)
		return;
	struct lookup *lookup = &answers->of[answers->count++];
	lookup->type = type;
	snprintf(lookup->name, sizeof lookup->name, "%s", name);
}

void
answers_fetch(struct answers *answers)
{
	if (answers->fetched < answers->count)
		lookups_run(&answers->of[answers->fetched], answers->count - answers->fetched, answers->servers);
	answers->fetched = answers->count;
}

const struct lookup *
answers_get(struct answers *answers, enum resolver_type type, const char *name)
{
	answers_want(answers, type, name);
	answers_fetch(answers);
	const struct lookup *found = find(answers, type, name);
	return found != NULL ? found : &failed;
}
