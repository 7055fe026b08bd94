/* Variants of a language: the own texts for users, and those of domains. */
#ifndef CATALOG_VARIANT_H
#define CATALOG_VARIANT_H

#include "catalog/chain.h"

/* Makes the variants of all languages of a generation. Returns false if memory is exhausted. */
bool variants_make(struct ftg_catalog *catalog, const struct sources *all);

#endif
