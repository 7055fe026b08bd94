/* The kinds of questions to the directory, and how each is answered from facts. */
#ifndef DIRECTORY_POSTGRES_KINDS_H
#define DIRECTORY_POSTGRES_KINDS_H

#include "directory/postgres/facts.h"
#include "directory/postgres/kept.h"

/* A kind of question: the rules that answer it, what they will look for, and whether answers are kept. */
struct kind {
	enum directory_verdict (*find)(struct lookup *lookup, struct directory_question *question);
	void (*want)(struct facts *facts, const struct directory_question *question); /* NULL: nothing in advance */
	const struct kept_kind *kept;                                                 /* NULL: they are not */
};

extern const struct kind kind_clients, kind_senders, kind_recipients, kind_expansions, kind_memberships, kind_logins,
    kind_domains;

#endif
