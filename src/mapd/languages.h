/* The languages of domains, in memory: a table that does not change once it is made. */
#ifndef MAPD_LANGUAGES_H
#define MAPD_LANGUAGES_H

#include <stdbool.h>
#include <stddef.h>

enum { LANGUAGES_MAX = 1000000, LANGUAGES_ERROR_SIZE = 256 }; /* domains; octets of a sentence */

struct languages;

/* Makes a table without domains. NULL when memory is out. */
struct languages *languages_new(void);

/* Takes NULL. */
void languages_free(struct languages *languages);

/*
 * Adds the language of a domain, which is in its A-label form and in lower case (base/address/idna.h). Of a domain that
 * is added twice, the first one counts. Both are copied. Returns 0, or -1 with errno: ENOMEM, or E2BIG above
 * LANGUAGES_MAX and for a name that is longer than any.
 */
int languages_add(struct languages *languages, const char *domain, const char *language);

/*
 * Adds what a line of a file says: a domain and a language with white space between. Empty lines, and those that begin
 * with #, are skipped. Returns 0, or -1 with an English sentence in error, which names the value and the cure; errno is
 * EINVAL for a faulty line, else that of languages_add().
 */
int languages_add_line(struct languages *languages, const char *line, char error[LANGUAGES_ERROR_SIZE]);

/* Sorts the table. Call it once, after the last domain was added, and before languages_find(). */
void languages_complete(struct languages *languages);

/* The language of a domain, in the form of languages_add(); the table owns it. NULL: it has none. Allocates nothing. */
const char *languages_find(const struct languages *languages, const char *domain);

/* Were the same languages added to both, in the same order? Takes time linear in their octets. */
bool languages_equal(const struct languages *one, const struct languages *two);

/* How many domains have been added. */
size_t languages_count(const struct languages *languages);

#endif
