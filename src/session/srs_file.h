/* The file of the secrets that sign forwarded senders. Blocks, but reads nothing if the file has not changed. */
#ifndef SESSION_SRS_FILE_H
#define SESSION_SRS_FILE_H

#include <sys/types.h>
#include <time.h>

#include "session/srs.h"

/* The name of the file in the data folder. Several servers that forward for the same domains have copies of one. */
#define SRS_FILE "srs-secrets"

/* The secrets, and the file that they were read from. */
struct srs {
	char path[PATH_MAX];
	char domain[ADDRESS_DOMAIN_MAX + 1]; /* of all forwarded senders; "": that of the alias */
	struct srs_secrets secrets;
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec changed;
};

/*
 * Opens the file in a folder, and makes it with a random secret if it is missing, for its owner only (mode 0600). domain may
 * be NULL. Returns 0, or -1 with errno: EBADMSG if the file is damaged, EINVAL if the domain is none.
 */
int srs_open(struct srs *srs, const char *folder, const char *domain, int64_t now);

/*
 * Reads the file again if another one has been put in its place, or it has changed. Returns 0, or -1 with errno; the secrets
 * are then those that were read before.
 */
int srs_refresh(struct srs *srs);

/*
 * Puts a new secret in front of those in the file, and removes those that no valid address can be signed with. *kept is set to
 * the number of earlier secrets that still count. The file is replaced as a whole, durably. Returns 0, or -1 with errno:
 * ENOSPC if SRS_SECRETS_MAX secrets still count.
 */
int srs_rotate(const char *folder, int64_t now, size_t *kept);

/* Parses the text of the file. False if it is damaged. */
bool srs_parse_secrets(struct srs_secrets *secrets, const char *text, size_t len);

/* Wipes the secrets. */
void srs_close(struct srs *srs);

#endif
