/* What a check asks the domain name system: all questions at once, then a verdict. */
#ifndef SMTP_POLICY_QUESTIONS_H
#define SMTP_POLICY_QUESTIONS_H

#include "port/resolver.h"
#include "smtp/policy/policy.h"

enum { QUESTIONS_MAX = 16 };

struct questions;

struct question {
	struct resolver_question question;
	struct questions *questions;
	char name[DNS_NAME_SIZE];
	enum resolver_type type;
	enum resolver_outcome outcome;
};

/* The questions of one check; they last until its verdict. */
struct questions {
	struct smtp_session *s;
	/* An answer has come. May ask further questions. NULL: the outcomes tell all. */
	void (*note)(
	    struct questions *questions, const struct question *question, const struct resolver_answer *answer);
	/* All have been answered: the verdict. */
	struct ftg_reply (*judge)(struct questions *questions);
	int score;              /* for note() and judge() */
	unsigned found, failed; /* answers: with records; none */
	unsigned waiting;
	unsigned count;
	struct question asked[QUESTIONS_MAX];
};

/* Begins, with note and judge to be set. NULL when memory is out; the check then says ERR_SMTP_HARDERROR. */
struct questions *questions_begin(struct smtp_session *s);

/* Asks. What is more than there is room for is not asked. */
void questions_ask(struct questions *questions, enum resolver_type type, const char *name);

/* All has been asked. Returns what the check is to return; the questions are no longer its own. */
struct ftg_reply questions_end(struct questions *questions);

#endif
