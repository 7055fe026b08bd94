/* Counts the operator's own texts of a catalogue: in use, stale, refused. */
#ifndef PROCESS_OWN_TEXTS_H
#define PROCESS_OWN_TEXTS_H

#include "process/catalog_holder.h"

/*
 * Counts of a language. A file that was refused whole counts as one. Of domains only refusals are counted: they may be
 * many.
 */
struct own_texts {
	unsigned live;    /* in use, of the server */
	unsigned stale;   /* refused because their English has changed */
	unsigned refused; /* for another reason */
};

/* Calls for each language that has own texts, in the order of the catalogue. On the loop's thread. */
void own_texts_count(const struct catalog_holder *catalogs,
    void (*call)(void *context, const char *language, const struct own_texts *own), void *context);

#endif
