/* The check of one entry of a .po. */
#ifndef MSG_LINT_ENTRY_H
#define MSG_LINT_ENTRY_H

#include <gettext-po.h>

#include "lines.h"
#include "lint.h"

/* The reply of an entry, by its msgctxt. FTG_IDS if there is none. */
enum ftg_id lint_id(po_message_t message);

/* Checks an entry that is not the header, and records it in lint->seen. */
void lint_entry(struct lint *lint, po_message_t message, const struct lines_entry *place);

#endif
