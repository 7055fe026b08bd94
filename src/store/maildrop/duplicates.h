/* Files of a Maildir that have one UNIQUE, which maildir(5) rules out, and would have one unique-id. Blocks. */
#ifndef STORE_MAILDROP_DUPLICATES_H
#define STORE_MAILDROP_DUPLICATES_H

#include "store/maildrop/list.h"

/*
 * Removes from a sorted list the messages that were found twice, since they were moved meanwhile or have two names. Another
 * file with the same UNIQUE is renamed; if that fails, the message is left out until it succeeds. Returns whether any file
 * was renamed: the list must then be sorted again.
 */
bool drop_separate_duplicates(struct drop_list *list, const struct drop_folders *folders);

#endif
