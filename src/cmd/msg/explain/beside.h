/* What the codes beside the words of a reply say about them. */
#ifndef MSG_BESIDE_H
#define MSG_BESIDE_H

#include "foreign.h"

enum beside {
	BESIDE_NOTHING, /* there is no code: mail programs leave it out */
	BESIDE_OWN,     /* a code of the row */
	BESIDE_OTHER,   /* a code that contradicts: the words are another server's */
};

/* The words of a reply in a lower-case text. */
struct place {
	const char *text;
	size_t len;
	const char *words; /* where they begin and end in it */
	const char *end;
};

/*
 * Looks for the code that is nearest before the words, then for one that follows them, then in the report of the same
 * message (RFC 3464), which may be empty. A reply code that has a status counts as a whole: "550 5.7.139" is not "550 5.7.8".
 */
enum beside beside_words(const struct ftg_row *row, const struct place *place, const struct foreign *report);

#endif
