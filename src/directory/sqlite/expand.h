/* Follows aliases and lists to the mailboxes, here and elsewhere, that their mail goes to. For jobs. */
#ifndef DIRECTORY_SQLITE_EXPAND_H
#define DIRECTORY_SQLITE_EXPAND_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/*
 * Answer a question but for done(): return the verdict, and set the answer and detail. These touch nothing of the
 * question that the loop may read meanwhile, and do not log.
 */
enum directory_verdict sqlite_expand(struct reader *reader, struct expansion_question *question);
enum directory_verdict sqlite_members(struct reader *reader, struct members_question *question);

#endif
