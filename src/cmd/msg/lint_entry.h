/* The check of one entry of a .po, in addition to that of the code that a server runs. */
#ifndef MSG_LINT_ENTRY_H
#define MSG_LINT_ENTRY_H

#include "base/text/po_lines.h"
#include "lint.h"
#include "po_entry.h"

/* Checks an entry that is not the header, after lint_load(), and records it in lint->seen. */
void lint_entry(struct lint *lint, const struct po_entry *entry, const struct po_place *place);

/* Checks the words of a form that a server accepts, by the rules for translators. *told has a bit for each remark made. */
void lint_words(struct lint *lint, size_t line, enum ftg_id id, unsigned form, const char *text, unsigned *told);

/* Records in lint->seen which character of a form, that as a whole has no ASCII form, is lost. */
void lint_lost(struct lint *lint, enum ftg_id id, const char *text);

/* Reports the texts of the file that have no ASCII form. */
void lint_ascii(struct lint *lint);

#endif
