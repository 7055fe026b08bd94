/* Messages in memory: without CRs, and with the changes to their header. */
#ifndef SUPPORT_EDITED_H
#define SUPPORT_EDITED_H

#include <stddef.h>

struct field_edits;

/* Copies a message with LF for CRLF; to be freed. */
char *edited_lines(const char *octets, size_t len, size_t *lines_len);

/* Writes such a copy into a file without a name. */
int edited_file(const char *octets, size_t len);

/*
 * Makes the changes to a message whose lines end with CRLF, of which *local octets are for mailboxes here: the result
 * is to be freed, and *local is its own.
 */
char *edited_message(const struct field_edits *edits, const char *octets, size_t *len, size_t *local);

/* The same with lines that end with LF, read in pieces of this size. */
char *edited_in_pieces(const struct field_edits *edits, const char *octets, size_t *len, size_t *local, size_t piece);

#endif
