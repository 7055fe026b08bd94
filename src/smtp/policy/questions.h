/* The DNS questions of a check: all are asked at once, then the check decides. */
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
	/* Called for each answer; may ask further questions. NULL: the outcomes are enough. */
	void (*note)(
	    struct questions *questions, const struct question *question, const struct resolver_answer *answer);
	/* Returns the verdict once all questions are answered. */
	struct ftg_reply (*judge)(struct questions *questions);
	int score;              /* for note() and judge() */
	unsigned found, failed; /* answers: with records; none */
	unsigned waiting;
	unsigned count;
	struct question asked[QUESTIONS_MAX];
};

/* Begins; the check then sets note and judge. NULL when memory is out: the check then returns ERR_SMTP_HARDERROR. */
struct questions *questions_begin(struct smtp_session *s);

/* Asks a question. Questions beyond QUESTIONS_MAX are dropped. */
void questions_ask(struct questions *questions, enum resolver_type type, const char *name);

/* Ends the asking, and takes ownership of the questions. The check must return this function's result. */
struct ftg_reply questions_end(struct questions *questions);

#endif
