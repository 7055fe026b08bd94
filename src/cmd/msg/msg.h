/* Shared by the commands of ftgate-msg: their list, exit statuses, printing, and rows by name. */
#ifndef MSG_H
#define MSG_H

#include <argp.h>
#include <libintl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <ftgate/catalog.h>

#include "base/translate.h"
#include "cmd/user_language.h"
#include "explain/explain.h"

/* Exit statuses: success; a finding, or nothing was found; wrong usage, or something cannot be read or written. */
enum { MSG_FINE, MSG_FINDINGS, MSG_TROUBLE };

/* The commands, each in the file of its name. They have the arguments of main() and return an exit status. */
#define COMMAND(name, summary) int msg_##name(int argc, char **argv);
#include "base/printable.h"
#include "commands.def"
#undef COMMAND

/* Writes "PROGRAM: text" to standard error. Control octets are written as \xHH. */
__attribute__((format(printf, 1, 2))) void complain(const char *format, ...);

/* The same for "what: the meaning of errno". */
void complain_errno(const char *what);

/* Prints a JSON string on standard output; NULL becomes null. */
void print_json(const char *text);

/* Prints "label: text", wrapped to the terminal's width, the first line indented by 4, the others by 8 columns. */
void print_field(const char *label, const char *text);

/* "mailbox", "secpol", "smtp", "pop3"; and "address" for FTG_ARG_ADDRESS, "-" for FTG_ARG_NONE. */
const char *service_name(enum ftg_service service);
const char *kind_name(enum ftg_arg_kind kind);

/* A description of an argument of this kind, one English phrase for translators. */
const char *kind_meaning(enum ftg_arg_kind kind);

/* The number of arguments of a row. */
size_t row_arity(const struct ftg_row *row);

/* How many of them its text shows: a tag is put in front of the text. */
size_t row_directives(const struct ftg_row *row);

/* Whether the row has a text that can be translated. ERR_SMTP_334 has none. */
bool row_has_text(enum ftg_id id);

/* Finds an ID by its name or by a reference that only it has ("4.46", "#4.46"). FTG_IDS if there is none. */
enum ftg_id row_find(const char *name);

/* Writes a sample argument of this kind, for previews. */
struct ftg_reply row_sample(enum ftg_id id, unsigned long count);

#endif
