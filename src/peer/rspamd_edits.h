/* The changes to the header that an answer of rspamd asks for. */
#ifndef PEER_RSPAMD_EDITS_H
#define PEER_RSPAMD_EDITS_H

#include <jansson.h>

#include "base/text/field_edits.h"

/*
 * Adds to edits, which it does not sort, what an answer asks for: milter.remove_headers and milter.add_headers,
 * dkim-signature, and by its action a mark of spam or a new subject. What cannot be done is noted in edits.
 */
void rspamd_edits_read(const json_t *answer, const char *action, struct field_edits *edits);

#endif
