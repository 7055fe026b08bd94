/*
 * The folder of all mail. It has a marker, the file .ftgate, so that the mount
 * point of a volume that is not mounted is not taken for empty mailboxes.
 */
#ifndef STORE_MAIL_FOLDER_H
#define STORE_MAIL_FOLDER_H

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#define MAIL_FOLDER_MARKER ".ftgate"

struct mail_folder {
	int descriptor;       /* the number stays, also if another volume is mounted there */
	pthread_mutex_t lock; /* of device and inode */
	dev_t device;         /* of the marker of the volume that is open; 0: none is */
	ino_t inode;
	_Atomic int error; /* that of the last check */
	int reported;      /* the one that was logged last */
	char path[PATH_MAX];
};

/*
 * Opens the folder. One that was never there is made, with its marker; one with mailboxes in it that was never opened
 * before gets its marker. That a marker was seen is recorded beside the folder, in PATH.marked: from then on neither
 * happens. A folder that is missing, or has no marker, is opened too, and fails the check. Blocks. Returns 0, or -1
 * with errno. The caller closes it in the former case.
 */
int mail_folder_open(struct mail_folder *folder, const char *path);
void mail_folder_close(struct mail_folder *folder);

/*
 * Is there an empty folder that was never used, as far as can be seen? It has no marker, no
 * mailbox, and no record beside it. If there is no account yet, it is the folder of the mail;
 * else it can be the mount point of a volume that is not mounted.
 */
bool mail_folder_is_new(const char *path);

/*
 * Marks such a folder; changes no other. The caller knows that there is no
 * account. Returns 0 if there is a marker, or -1 with errno.
 */
int mail_folder_begin(const char *path);

/*
 * Is the folder the one of the mail? Follows a volume that was mounted meanwhile. Blocks for one stat(2); any thread
 * may ask. Returns 0, or -1 with errno: ENODEV if there is no marker.
 */
int mail_folder_check(struct mail_folder *folder);

/* Logs that the checks of the folder fail, or that they succeed again, once each. On the loop. */
void mail_folder_report(struct mail_folder *folder);

/* Is or was there a folder of mail? */
bool mail_folder_exists(const char *path);

/* Will mail_folder_check() succeed? Changes nothing. Returns 0, or -1 with errno as mail_folder_check() does. */
int mail_folder_probe(const char *path);

#endif
