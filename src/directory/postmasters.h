/* The domains with mailboxes here whose postmaster is nobody's account, alias or list. */
#ifndef DIRECTORY_POSTMASTERS_H
#define DIRECTORY_POSTMASTERS_H

/* Selects their names, in their order, from SQLite and PostgreSQL. */
extern const char postmasters_query[];

/*
 * Calls for each domain of a data folder that has no postmaster of its own, in the order of their names. Returns 0, or
 * -1 if the database cannot be read, or is of another version.
 */
int postmasters_missing(const char *data, void (*call)(void *context, const char *domain), void *context);

#endif
