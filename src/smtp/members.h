/* The answer to EXPN: the members of a list, sent in parts, each once the client has taken the one before it. */
#ifndef SMTP_MEMBERS_H
#define SMTP_MEMBERS_H

#include "base/address/address.h"
#include "smtp/session.h"

#include <stdbool.h>
#include <stddef.h>

enum { MEMBERS_PART = 256 }; /* lines of an answer that are sent at a time */

/* Members that have still to be sent: a copy, since the answer may take as long as the client likes. */
struct members;

/* Copies at least one member. NULL when memory is out. */
struct members *members_new(const struct address *members, size_t count);
void members_free(struct members *members);

/*
 * Sends the next part to an outlet, one line "250" for each member; status is the enhanced status with a space behind it,
 * or "". Returns whether members are left.
 */
bool members_send(struct members *members, struct session_outlet *outlet, const char *status);

/* Sends the line "250" for one mailbox; last: no line follows (RFC 5321 section 4.2.1). */
void members_send_line(
    struct session_outlet *outlet, const char *status, const char *local, const char *domain, bool last);

#endif
