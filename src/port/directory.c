/* The directory: shared by all implementations. */
#include "port/directory.h"

#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

void
directory_answer(struct directory_question *question, enum directory_verdict verdict)
{
	question->verdict = verdict;
	question->done(question);
}

void
expansion_clear(struct expansion *expansion)
{
	free(expansion->mailboxes);
	free(expansion->elsewhere);
	free(expansion->lists);
	*expansion = (struct expansion) { 0 };
}

void
members_clear(struct members_question *question)
{
	free(question->members);
	question->members = NULL;
	question->count = 0;
}

static const char postmaster[] = "postmaster", bounces[] = DIRECTORY_BOUNCES;

bool
directory_takes_reports(const struct address *list)
{
	const size_t end = sizeof bounces - 1;
	size_t len = strlen(list->local);

	if (len == sizeof postmaster - 1 && ascii_equal(list->local, postmaster, len))
		return true;
	return len > end && ascii_equal(list->local + len - end, bounces, end);
}

void
directory_name_bounces(struct address *list)
{
	size_t len = strlen(list->local);

	if (len + sizeof bounces - 1 <= ADDRESS_LOCAL_MAX)
		memcpy(list->local + len, bounces, sizeof bounces);
	else
		memcpy(list->local, postmaster, sizeof postmaster);
}
