/* Hashes passwords of accounts, and checks passwords against hashes. */
#ifndef SESSION_PASSWORD_H
#define SESSION_PASSWORD_H

#include <stdbool.h>

#include "base/text/base64.h"
#include "port/credentials.h"

enum password_result {
	PASSWORD_OK,
	PASSWORD_UNFIT, /* empty, over CREDENTIALS_PASSWORD_MAX octets, not UTF-8, or forbidden by SASLprep (RFC 4013) */
	PASSWORD_FAILED, /* no memory, or no random numbers */
};

/*
 * Makes the stored forms of a new password: a yescrypt hash, a verifier for SCRAM-SHA-256, and if keep_secret is set
 * the password itself, which only CRAM-MD5 and APOP need. Takes some 30 milliseconds, so it must run in a job.
 */
enum password_result password_make(struct credentials *credentials, const char *password, bool keep_secret);

/* Would password_make() make the forms of this password, as far as it can be told without making them? */
bool password_is_fit(const char *password);

/* Is the text a hash, of the length that its method has, or what looks like one, of a method that password_verify() knows? */
bool password_is_hash(const char *text);

/*
 * Does the password match a hash of crypt(5)? No password matches a hash that is NULL or of an unknown method, which takes
 * as long as a hash made by password_make(). Must run in a job; any thread.
 */
bool password_verify(const char *password, const char *hash);

/* Derives both keys from the salt and iterations of verifier, and a password that SASLprep leaves as it is. */
enum password_result password_derive_scram(struct scram_verifier *verifier, const char *password);

/* The form in which a verifier is stored, that of PostgreSQL: SCRAM-SHA-256$ITERATIONS:SALT$STOREDKEY:SERVERKEY */
enum {
	PASSWORD_SCRAM_SIZE = sizeof "SCRAM-SHA-256$4294967295:$:" + BASE64_TEXT_SIZE(SCRAM_SALT_SIZE) +
	    2 * BASE64_TEXT_SIZE(SCRAM_KEY_SIZE),
};
void password_write_scram(char text[PASSWORD_SCRAM_SIZE], const struct scram_verifier *verifier);

/* Reads that form; false, with an empty verifier, if the text has another one. */
bool password_read_scram(struct scram_verifier *verifier, const char *text);

#endif
