/* The check of a .po by the code that a server runs. */
#ifndef MSG_LINT_LOAD_H
#define MSG_LINT_LOAD_H

#include "base/text/po_lines.h"
#include "lint.h"
#include "po_entry.h"

/*
 * Compiles the entries in memory, loads the result as a server does, and adds an error for each refusal, at the line of its
 * entry in places, which has one element for each entry. Marks the entries that are refused.
 */
void lint_load(struct lint *lint, struct po_entries *entries, const struct po_place *places);

#endif
