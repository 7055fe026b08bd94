/* The rows of the table by name, and what they hold. */
#ifndef MSG_ROW_H
#define MSG_ROW_H

#include <stdbool.h>
#include <stddef.h>

#include <ftgate/reply.h>

/* "mailbox", "secpol", "smtp", "pop3"; and "address" for FTG_ARG_ADDRESS, "-" for FTG_ARG_NONE. */
const char *service_name(enum ftg_service service);
const char *kind_name(enum ftg_arg_kind kind);

/* A description of an argument of this kind, one English phrase for translators. */
const char *kind_meaning(enum ftg_arg_kind kind);

/* The number of arguments of a row. */
size_t row_arity(const struct ftg_row *row);

/* How many of them its text shows: a tag is put in front of the text. */
size_t row_directives(const struct ftg_row *row);

/* Whether the row has a text that can be translated. ERR_SMTP_334 has none. */
bool row_has_text(enum ftg_id id);

/* Finds an ID by its name or by a reference that only it has ("4.46", "#4.46"). FTG_IDS if there is none. */
enum ftg_id row_find(const char *name);

/*
 * The ID or the reference ("4.46") that is nearest to a misspelled one; NULL if none is near, or
 * if it is the reference of a reply.
 */
const char *row_nearest(const char *name);

/*
 * Replies that must have identical words, since a difference would disclose which accounts exist, or what a spamtrap is: the
 * i-th of those that belong to a reply, from 0, the reply itself among them. FTG_IDS if there is none.
 */
enum ftg_id row_alike(enum ftg_id id, size_t i);

/* Writes a sample argument of this kind, for previews. */
struct ftg_reply row_sample(enum ftg_id id, unsigned long count);

#endif
