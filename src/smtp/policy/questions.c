/* The DNS questions of a check. */
#include "smtp/policy/questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "smtp/internal.h"

struct questions *
questions_begin(struct smtp_session *s)
{
	struct questions *questions = calloc(1, sizeof *questions);
	if (questions == NULL || !policy_wait(s)) {
		free(questions);
		return NULL;
	}
	questions->s = s;
	questions->waiting = 1; /* for questions_end() */
	return questions;
}

static void
complete(struct questions *questions)
{
	struct smtp_session *s = questions->s;
	if (--questions->waiting > 0)
		return;
	struct ftg_reply verdict = questions->judge(questions);
	free(questions);
	policy_decide(s, verdict);
}

/* A question without an answer refuses no client, but is logged. */
static void
log_failure(const struct smtp_session *s, const struct question *question)
{
	static const char *const types[] = { "A", "AAAA", "MX", "TXT", "PTR" };
	s->outlet->log(s->outlet, "dns-failed", "name", question->name, "type", types[question->type], NULL);
}

static void
on_answer(struct resolver_question *answered, const struct resolver_answer *answer)
{
	struct question *question = (struct question *)answered;
	struct questions *questions = question->questions;
	question->outcome = answer->outcome;
	questions->found += answer->outcome == RESOLVER_FOUND;
	questions->failed += answer->outcome == RESOLVER_FAILED;
	if (answer->outcome == RESOLVER_FAILED)
		log_failure(questions->s, question);
	if (questions->note != NULL)
		questions->note(questions, question, answer);
	complete(questions);
}

void
questions_ask(struct questions *questions, enum resolver_type type, const char *name)
{
	if (questions->count == QUESTIONS_MAX)
		return;
	struct question *question = &questions->asked[questions->count++];
	question->question.done = on_answer;
	question->questions = questions;
	question->type = type;
	snprintf(question->name, sizeof question->name, "%s", name);
	questions->waiting++;
	resolver_ask(questions->s->config->resolver, type, question->name, &question->question);
}

struct ftg_reply
questions_end(struct questions *questions)
{
	complete(questions);
	return policy_pass();
}
