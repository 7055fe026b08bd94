/* Counts the messages of a Maildir++ and its folders. */
#ifndef STORE_QUOTA_COUNT_H
#define STORE_QUOTA_COUNT_H

#include <time.h>

#include "store/quota.h"

/*
 * Sums up the messages in new and cur of the Maildir and of each folder in it, but for .Trash and those that do not count by
 * quota_counts(), as Courier does. *latest is when any of these was last changed. With usage NULL only that is looked for.
 * Returns 0, or -1 with errno.
 */
int quota_count(int maildir, struct quota *usage, struct timespec *latest);

#endif
