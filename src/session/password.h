/* Passwords of accounts: made into what is stored, and checked against it. */
#ifndef SESSION_PASSWORD_H
#define SESSION_PASSWORD_H

#include <stdbool.h>

#include "base/base64.h"
#include "port/credentials.h"

enum password_result {
	PASSWORD_OK,
	PASSWORD_UNFIT, /* empty, over CREDENTIALS_PASSWORD_MAX octets, no UTF-8, or forbidden by SASLprep (RFC 4013) */
	PASSWORD_FAILED, /* no memory, or no random numbers */
};

/*
 * Makes what is stored of a new password: a yescrypt hash, a verifier for SCRAM-SHA-256, and where keep_secret the
 * password itself, which only CRAM-MD5 and APOP need. Takes some 30 milliseconds, so it is for a job.
 */
enum password_result password_make(struct credentials *credentials, const char *password, bool keep_secret);

/*
 * Has this password this hash of crypt(5)? A hash that is NULL or of no kind known here is no password's, and takes as
 * long to say so as one made here. For a job; any thread.
 */
bool password_verify(const char *password, const char *hash);

/* Derives both keys from a password, the salt and the iterations that are set. The password is one that SASLprep keeps. */
enum password_result password_derive_scram(struct scram_verifier *verifier, const char *password);

/* The text that a verifier is stored as, as PostgreSQL has it: SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY */
enum {
	PASSWORD_SCRAM_SIZE = sizeof "SCRAM-SHA-256$4294967295:$:" + BASE64_TEXT_SIZE(SCRAM_SALT_SIZE) +
	    2 * BASE64_TEXT_SIZE(SCRAM_KEY_SIZE),
};
void password_write_scram(char text[PASSWORD_SCRAM_SIZE], const struct scram_verifier *verifier);

/* Reads that text; false, and no verifier, where it is none. */
bool password_read_scram(struct scram_verifier *verifier, const char *text);

#endif
