/* The directory: shared by all implementations. */
#include "port/directory.h"

#include <stdlib.h>

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
