/* Follows aliases and lists to the mailboxes, here and elsewhere, that their mail goes to. */
#ifndef DIRECTORY_EXPAND_H
#define DIRECTORY_EXPAND_H

#include "directory/lookup.h"

/*
 * Answer a question but for done(): return the verdict, and set the answer and detail. These touch nothing of the
 * question that the loop may read meanwhile, and do not log.
 */
enum directory_verdict expansion_find(struct lookup *lookup, struct expansion_question *question);
enum directory_verdict members_find(struct lookup *lookup, struct members_question *question);

#endif
