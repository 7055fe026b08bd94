/* Shared by the commands of ftgate-msg: their list, exit statuses, printing, and rows by name. */
#ifndef MSG_H
#define MSG_H

#include <argp.h>
#include <libintl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <ftgate/catalog.h>

#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/options.h"
#include "cmd/output/charset.h"
#include "cmd/output/table.h"
#include "cmd/user_language.h"
#include "explain/explain.h"
#include "row.h"

/* Exit statuses: success; a finding, or nothing was found; wrong usage, or something cannot be read or written. */
enum { MSG_FINE, MSG_FINDINGS, MSG_TROUBLE };

/* The commands, each in the file of its name. They have the arguments of main() and return an exit status. */
#define COMMAND(name, summary) int msg_##name(int argc, char **argv);
#include "commands.def"
#undef COMMAND

/* Writes "PROGRAM: text" to standard error. Control octets are written as \xHH. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* The same with a hint at the nearest word that there is, which can be NULL. */
__attribute__((format(printf, 2, 3))) void complain_of_word(const char *nearest, const char *format, ...);

/* The same for "what: the meaning of errno". */
void complain_errno(const char *what);

/* Prints a JSON string on standard output; NULL becomes null. */
void print_json(const char *text);

/* Prints "label: text", wrapped to the terminal's width, the first line indented by 4, the others by 8 columns. */
void print_field(const char *label, const char *text);

#endif
