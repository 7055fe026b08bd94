/* Files of a Maildir that have one UNIQUE, which maildir(5) rules out, and would have one unique-id. Blocks. */
#ifndef STORE_MAILDROP_DUPLICATES_H
#define STORE_MAILDROP_DUPLICATES_H

#include "store/maildrop/list.h"

/*
 * Of messages in order, takes out those that were met twice, since they were moved meanwhile or have two names. Another
 * file that has the UNIQUE of one is given a new one behind it; where the disk does not let it, the message stays out
 * until it does. Returns whether any was renamed: the order is to be made again.
 */
bool drop_separate_duplicates(struct drop_list *list, const struct drop_folders *folders);

#endif
