/* A Maildir and its two folders of messages, open. Blocks. */
#ifndef STORE_MAILDROP_FOLDERS_H
#define STORE_MAILDROP_FOLDERS_H

#include <dirent.h>

enum drop_folder { DROP_NEW, DROP_CUR, DROP_FOLDERS };

/* Descriptors; -1 for a folder that is missing. */
struct drop_folders {
	int maildir;
	int descriptors[DROP_FOLDERS];
};

extern const char *const drop_folder_names[DROP_FOLDERS];

/* Opens the Maildir at path below a folder. Returns 0, or -1 with errno, ENOENT if it is missing. */
int drop_folders_open(struct drop_folders *folders, int folder, const char *path);

/* Keeps errno. */
void drop_folders_close(struct drop_folders *folders);

/* Reads the entries of new or cur from the beginning. NULL with errno. */
DIR *drop_folders_entries(const struct drop_folders *folders, enum drop_folder folder);

#endif
