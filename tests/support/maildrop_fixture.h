/* A Maildir and the maildrop that a session sees of it, for tests. */
#ifndef SUPPORT_MAILDROP_FIXTURE_H
#define SUPPORT_MAILDROP_FIXTURE_H

#include <stddef.h>

#include "port/maildrop.h"

/* Makes an empty folder of all mail with the Maildir box in it, and goes into that; drop_end() takes it all away. */
void drop_begin(void);
void drop_end(void);

/* Writes a file of the Maildir. */
void drop_put(const char *path, const char *content);

/* The form in which the next maildrops are opened. */
extern enum maildrop_form drop_form;

/* The jobs that were run so far. */
extern unsigned drop_jobs;

/* A maildrop of it, with whoever runs its jobs here and now; what opening comes to is in *result. NULL without memory. */
struct maildrop *drop_try(enum maildrop_result *result);

/* One that has been opened; fails where that cannot be. */
struct maildrop *drop_open(void);

/* The unique-id of a message, to be read before the next call. */
const char *drop_uid(const struct maildrop *maildrop, size_t number);

/* The unique-ids in their order, one space between two. */
const char *drop_uids(const struct maildrop *maildrop);

/* A message, or its header and so many lines, as it goes over the wire, to be read before the next call. */
enum maildrop_result drop_read(struct maildrop *maildrop, size_t number, size_t lines, const char **text, size_t *len);

/* The same block by block. */
void drop_start_read(struct maildrop *maildrop, size_t number, enum maildrop_result *result);
void drop_read_on(struct maildrop *maildrop, enum maildrop_result *result);

/* The UPDATE state; and with it the end of the session. */
void drop_update(struct maildrop *maildrop, enum maildrop_result *result);
enum maildrop_result drop_quit(struct maildrop *maildrop);

#endif
