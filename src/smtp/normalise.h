/* Normalises line ends of a message: a bare CR or LF becomes CRLF, a NUL is dropped. */
#ifndef SMTP_NORMALISE_H
#define SMTP_NORMALISE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Reads octets, in pieces of any size, and returns how many, maybe none; the rest must be given again. *run and *run_len
 * are the normalised octets. *cr, false for a new message, says that a CR is held back until the next octet is known.
 */
size_t normalise(bool *cr, const char *bytes, size_t len, const char **run, size_t *run_len);

#endif
