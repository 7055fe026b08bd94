/* The texts of an earlier export, from its replies.tsv. */
#ifndef MSG_SITE_EARLIER_H
#define MSG_SITE_EARLIER_H

#include <stdbool.h>
#include <stddef.h>

enum { EARLIER_MAX = 32 * 1024 * 1024 }; /* octets of a table */

/* The first line of a table. */
#define EARLIER_NAMES "ref\tid\tlanguage\tform\tstate\tutf8\tascii"

/* A line. The strings are what the file has: whoever wrote it chose them. */
struct earlier_text {
	const char *reference, *id, *language, *state;
	const char *text; /* in UTF-8, with its directives */
	unsigned form;    /* below 100 */
	bool met;         /* for the caller: it has been compared */
};

struct earlier {
	char *octets;
	struct earlier_text *text; /* in the order of language, ID and form */
	size_t count;
};

/*
 * Parses a table of len octets with room for a NUL behind them. It takes the octets, which are freed with the result, and changes
 * them. Returns 0, or -1 with errno: EBADMSG if it is no such table, or ENOMEM. earlier_free() in any case.
 */
int earlier_parse(struct earlier *earlier, char *octets, size_t len);

/* Reads the table of the export in a folder. Returns false after an error message. earlier_free() in any case. */
bool earlier_read(struct earlier *earlier, const char *folder);

void earlier_free(struct earlier *earlier);

/* A text by its ID, language and form; NULL if there is none. */
struct earlier_text *earlier_find(const struct earlier *earlier, const char *id, const char *language, unsigned form);

/* Whether there is any text of a language. */
bool earlier_has_language(const struct earlier *earlier, const char *language);

#endif
