/* The stored forms of an account's password: enough to check it by each mechanism that the account supports. */
#ifndef PORT_CREDENTIALS_H
#define PORT_CREDENTIALS_H

#include <stdbool.h>

enum {
	CREDENTIALS_NAME_MAX = 255,     /* octets of a user name */
	CREDENTIALS_PASSWORD_MAX = 255, /* octets of a password */
	CREDENTIALS_HASH_SIZE = 256,    /* a hash of crypt(5), with its NUL */
	SCRAM_SALT_SIZE = 16,
	SCRAM_KEY_SIZE = 32,
	SCRAM_ITERATIONS = 10000, /* of verifiers that are made here; RFC 7677 section 4 asks for 4,096 or more */
};

/* Proves a password to SCRAM-SHA-256 without holding it: RFC 5802 section 3. */
struct scram_verifier {
	unsigned iterations; /* 0: there is none */
	unsigned char salt[SCRAM_SALT_SIZE];
	unsigned char stored_key[SCRAM_KEY_SIZE];
	unsigned char server_key[SCRAM_KEY_SIZE];
};

/* An empty text means that the form is not stored. The owner wipes it (explicit_bzero) when done. */
struct credentials {
	char hash[CREDENTIALS_HASH_SIZE];
	struct scram_verifier scram;
	char secret[CREDENTIALS_PASSWORD_MAX + 1]; /* the password as it is: for CRAM-MD5 and APOP alone */
};

#endif
