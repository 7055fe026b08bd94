/* Makes lines of what a message has for their ends: a bare CR or LF becomes CRLF, a NUL is dropped. */
#ifndef SMTP_NORMALISE_H
#define SMTP_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Takes octets, which are given in any pieces, and returns how many, perhaps none; the rest is given again. *run and
 * *run_len are what has come of them. A CR is held back until it is known what follows it: *cr, false at the beginning.
 */
size_t normalise(bool *cr, const char *bytes, size_t len, const char **run, size_t *run_len);

#endif
