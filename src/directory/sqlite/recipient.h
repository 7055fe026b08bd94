/* Looks up the recipient of RCPT and the rights of a sender, by single rows of the database. */
#ifndef DIRECTORY_SQLITE_RECIPIENT_H
#define DIRECTORY_SQLITE_RECIPIENT_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/* A row of aliases. */
struct alias {
	int64_t number;
	char local[ADDRESS_LOCAL_MAX + 1];
	bool list;
	enum expansion_right right;
	enum posting_right post;
};

/* FOUND, NO_MAILBOX, FAILED. */
enum directory_verdict sqlite_alias_find(struct reader *reader, const struct address *address, struct alias *alias);

/*
 * The address of the setting postmaster, if it is an account, an alias or a list: FOUND. Otherwise NO_MAILBOX or FAILED, and
 * the address is unchanged.
 */
enum directory_verdict sqlite_postmaster_find(struct reader *reader, struct address *address);

/*
 * Completes a local part without a domain, and replaces the server's own postmaster by the one who gets the mail: FOUND,
 * NO_MAILBOX, AMBIGUOUS, FAILED.
 */
enum directory_verdict sqlite_address_complete(
    struct reader *reader, const struct address *address, struct address *whole);

/* Why an account cannot get mail: MOVED, SPAMTRAP, DISABLED, NO_PRIVILEGE; FOUND if it can. */
enum directory_verdict sqlite_account_verdict(const struct account *account);

/*
 * Sets the mailbox of a postmaster without an account, which has the quota of its domain; that is localhost if the address
 * has none. FOUND, or FAILED.
 */
enum directory_verdict sqlite_postmaster_mailbox(
    struct reader *reader, const struct address *address, struct mailbox *mailbox);

/* Answer a question; return its verdict. */
enum directory_verdict sqlite_recipient_find(struct reader *reader, struct recipient_question *question);
enum directory_verdict sqlite_sender_find(struct reader *reader, struct sender_question *question);

#endif
