/* The languages of the domains in the directory. */
#ifndef DIRECTORY_DOMAIN_LANGUAGES_H
#define DIRECTORY_DOMAIN_LANGUAGES_H

/*
 * Calls for each domain of a data folder that has a language of its own; stops at a call that returns false, for lack
 * of memory. Blocks. Returns 0, also if there is no database, or -1 with an English sentence in error if it cannot be
 * read to its end, or is of another version.
 */
enum { DOMAIN_LANGUAGES_ERROR_SIZE = 800 };
int domain_languages_read(const char *data, _Bool (*call)(void *context, const char *domain, const char *language),
    void *context, char error[DOMAIN_LANGUAGES_ERROR_SIZE]);

#endif
