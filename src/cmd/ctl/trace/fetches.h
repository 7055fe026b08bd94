/* Which POP3 sessions can have fetched a message that was found. */
#ifndef CMD_CTL_TRACE_FETCHES_H
#define CMD_CTL_TRACE_FETCHES_H

#include "cmd/ctl/trace/story.h"

enum { FETCHES_MAILBOXES_MAX = 1000 }; /* of more mailboxes nothing is said */

/*
 * Of a sorted story, drops the POP3 sessions that are marked as fetches, but for the first one behind each delivery to its
 * mailbox: that one has fetched the message, unless its user chose not to.
 */
void fetches_reduce(struct story *story);

#endif
