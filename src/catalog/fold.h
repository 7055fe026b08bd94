/* Folding: the ASCII form of a text, by the spelling rules of its language. */
#ifndef CATALOG_FOLD_H
#define CATALOG_FOLD_H

#include "catalog/tag.h"

#include <stdint.h>

/*
 * Folds len octets of valid UTF-8 into out, which has room for size octets. Returns the number written, -1 if a letter has
 * no ASCII form in this language or the result does not fit, or FOLD_NO_MEMORY.
 */
enum { FOLD_NO_MEMORY = -2 };
long fold_ascii(const struct tag *tag, const char *text, size_t len, char *out, size_t size);

#endif
