/* A .po that is used without compiling it. */
#ifndef MSG_DRAFT_H
#define MSG_DRAFT_H

#include "msg.h"

struct draft {
	struct ftg_compiled compiled;
	char *language;
	char *octets;
};

/* Compiles a .po in memory; its language is that of its header, else of its name. Returns false after an error message. */
bool draft_read(struct draft *draft, const char *path);

/* Frees the result of draft_read(). */
void draft_free(struct draft *draft);

#endif
