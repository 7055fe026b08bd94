/* The names of the files in a Maildir, as they come from the disk. Blocks. */
#ifndef STORE_MAILDROP_SCAN_H
#define STORE_MAILDROP_SCAN_H

#include "store/maildrop/list.h"

/* Adds the regular files of new and cur whose names begin with no dot. Returns 0, or -1 with errno. */
int drop_scan(struct drop_list *list, const struct drop_folders *folders);

/* Adds one name, of NAME_MAX octets at most. Returns 0, or -1 with errno. */
int drop_scan_add(struct drop_list *list, enum drop_folder folder, const char *name, size_t len);

#endif
