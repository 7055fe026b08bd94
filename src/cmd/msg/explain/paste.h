/* Decides what a pasted text or a saved message is about. */
#ifndef MSG_PASTE_H
#define MSG_PASTE_H

#include "find.h"

/* Opens the catalogue in which words are searched for, when it is needed first. NULL after an error message. */
typedef const ftg_catalog *paste_catalog(void *context);

/*
 * Finds what n octets are about: a reply of ours by its reference, ID or words; otherwise the reply of another server by its
 * codes; otherwise words of the log. Of a bounce, its report (RFC 3464) counts first, and the returned message never.
 */
void paste_read(struct hits *hits, const char *octets, size_t n, paste_catalog *catalog, void *context);

#endif
