/* What each reply means, for people who get one: English, marked for translation. */
#ifndef EXPLAIN_EXPLAIN_H
#define EXPLAIN_EXPLAIN_H

#include <ftgate/reply.h>

/* The explanation of a reply; explain.def describes the members. None is NULL. */
struct explanation {
	const char *when;
	const char *whom;
	const char *cause;
	const char *sender;
	const char *operator;
	const char *other; /* when it is not this */
};

/* The explanation of an ID, which must be below FTG_IDS; never NULL. */
const struct explanation *explain_reply(enum ftg_id id);

/* The reason of a refusal by the names of Sisimai ("userunknown"); NULL if the reply refuses nothing or is one of POP3. */
const char *explain_reason(enum ftg_id id);

#endif
