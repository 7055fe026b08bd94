/* How full a Maildir is, and may be: the quota of Maildir++, kept in its file maildirsize. These functions block. */
#ifndef STORE_QUOTA_H
#define STORE_QUOTA_H

#include <stdbool.h>
#include <time.h>

#include "port/mailbox.h"

enum {
	QUOTA_FILE_MAX = 5120,      /* octets of maildirsize; a longer one is rewritten */
	QUOTA_FRESH = 15 * 60,      /* seconds for which a maildirsize that says "over" is believed */
	QUOTA_DEFINITION_SIZE = 64, /* "1000000S,1000C" with its NUL */
};

enum quota_verdict {
	QUOTA_UNDER,  /* there is room for the message, or no limit */
	QUOTA_OVER,   /* there is none */
	QUOTA_FAILED, /* the Maildir cannot be read; errno */
};

/*
 * Is there room in the Maildir at path below a folder for a message of so many octets? The usage is read from
 * maildirsize. If that is missing, damaged, too long, for another limit, or over it and not fresh, the messages of new
 * and cur that count are summed up in the Maildir and its folders, but for .Trash, and maildirsize is rewritten. A Maildir
 * that does not exist is empty. No contents of maildirsize make it fail.
 */
enum quota_verdict quota_check(int folder, const char *path, const struct quota *limit, long long size, time_t now);

/* Does a message of that file name count? One with the flag T, which a mail program has marked as deleted, does not. */
bool quota_counts(const char *name);

/* Finds the usage of the Maildir, as quota_check() does. Returns 0, or -1 with errno. */
int quota_usage(int folder, const char *path, const struct quota *limit, time_t now, struct quota *usage);

/*
 * Records added (positive) or removed (negative) messages, in one write. Does nothing if there is no maildirsize.
 * Returns 0, or -1 with errno; maildirsize is then gone, for it would be wrong.
 */
int quota_add(int folder, const char *path, long long bytes, long long messages);

#endif
