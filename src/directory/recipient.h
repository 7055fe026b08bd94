/* Answers questions about the recipient of RCPT and the rights of a sender, by single records. */
#ifndef DIRECTORY_RECIPIENT_H
#define DIRECTORY_RECIPIENT_H

#include "directory/lookup.h"

/*
 * The address of the setting postmaster, if it is an account, an alias or a list: FOUND. Otherwise NO_MAILBOX or
 * FAILED, and the address is unchanged.
 */
enum directory_verdict recipient_find_postmaster(struct lookup *lookup, struct address *address);

/*
 * Completes a local part without a domain, and replaces the server's own postmaster by the one who gets the mail:
 * FOUND, NO_MAILBOX, AMBIGUOUS, FAILED.
 */
enum directory_verdict recipient_complete(struct lookup *lookup, const struct address *address, struct address *whole);

/* Why an account cannot get mail: MOVED, SPAMTRAP, DISABLED, NO_PRIVILEGE; FOUND if it can. */
enum directory_verdict recipient_account_verdict(const struct account *account);

/*
 * Sets the mailbox of a postmaster without an account, which has the quota and the store of its domain; that is
 * localhost if the address has none. FOUND, or FAILED.
 */
enum directory_verdict recipient_postmaster_mailbox(
    struct lookup *lookup, const struct address *address, struct mailbox *mailbox);

/* Answer a question but for done() and detail; return its verdict. */
enum directory_verdict recipient_find(struct lookup *lookup, struct recipient_question *question);
enum directory_verdict sender_find(struct lookup *lookup, struct sender_question *question);

#endif
