/* The check of the header of a .po. */
#ifndef MSG_LINT_HEADER_H
#define MSG_LINT_HEADER_H

#include <gettext-po.h>

#include "lint.h"

/* Checks the header for what translators and other programs need; sets lint->language. A server checks the charset. */
void lint_header(struct lint *lint, po_file_t file);

#endif
