/* A SASL exchange (RFC 4422) as the server sees it, over base64 lines: SMTP AUTH (RFC 4954), POP3 AUTH (RFC 5034). */
#ifndef SESSION_SASL_H
#define SESSION_SASL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/credentials.h"

enum {
	SASL_LINE_MAX = 12288, /* octets of a response with its CRLF, RFC 4954 section 4 */
	SASL_SECRET_SIZE = 32,
};

enum sasl_mechanism {
	SASL_PLAIN,         /* RFC 4616 */
	SASL_LOGIN,         /* draft-murchison-sasl-login */
	SASL_CRAM_MD5,      /* RFC 2195 */
	SASL_SCRAM_SHA_256, /* RFC 7677; without channel binding */
	SASL_MECHANISMS,
};

enum sasl_status {
	SASL_CHALLENGE, /* sasl_challenge() is to be sent, the answer to be given to sasl_step() */
	SASL_CHECK,     /* the credentials of sasl_user() are to be looked up and given to sasl_check() */
	SASL_OK,        /* sasl_user() is who they say */
	SASL_FAILED,    /* they are not */
	SASL_CANCELLED, /* the client has cancelled with "*" */
	SASL_MALFORMED, /* no base64, or nothing that the mechanism knows */
	SASL_TROUBLE,   /* no memory */
};

/* What all exchanges share; made once, freed after the last of them. Exchanges may be in several threads. */
struct sasl_server;

/*
 * verify tells whether a password has a hash of crypt(5), or, where the hash is NULL,
 * takes as long to say no; it is called by sasl_check(). secret makes up what an unknown user would have: the same for
 * all servers of a name, through restarts, or guesses can tell who is unknown. All of it is copied. NULL when memory is
 * out.
 */
struct sasl_server *sasl_server_new(
    const unsigned char secret[SASL_SECRET_SIZE], bool (*verify)(const char *password, const char *hash));
void sasl_server_free(struct sasl_server *server);

/* A number that depends on the secret and a name, in any ASCII case; for choices that a client must not foresee. */
uint64_t sasl_server_number(const struct sasl_server *server, const char *name);

/* The name of a mechanism as it is offered. */
const char *sasl_mechanism_name(enum sasl_mechanism mechanism);

/* The mechanism of a name, without regard to case; SASL_MECHANISMS where there is none. */
enum sasl_mechanism sasl_mechanism_find(const char *name, size_t len);

/* Does the client send the password itself, so that the line must be encrypted? */
bool sasl_mechanism_is_plaintext(enum sasl_mechanism mechanism);

/* One exchange; NULL when memory is out. Holds secrets, which are wiped as soon as they are no longer needed. */
struct sasl;
struct sasl *sasl_new(const struct sasl_server *server, enum sasl_mechanism mechanism);
void sasl_free(struct sasl *sasl);

/*
 * Begins it. initial is the initial response as it stands in the command, "=" for one that is empty, or NULL. One that
 * the mechanism does not provide for is SASL_MALFORMED; LOGIN takes the user name, as clients send it.
 */
enum sasl_status sasl_start(struct sasl *sasl, const char *initial, size_t len);

/* Takes a line from the client, without its CRLF, after SASL_CHALLENGE. */
enum sasl_status sasl_step(struct sasl *sasl, const char *line, size_t len);

/*
 * Resumes the exchange after SASL_CHECK with the credentials of sasl_user(). NULL stands for an unknown user: the exchange
 * then fails in the same time as for a wrong password, and shows a salt that depends on identity alone, so identity must
 * be the same for each spelling of a user name. Blocks for some 30 milliseconds if sasl_check_blocks(); it may run in a
 * job while nothing else touches the exchange.
 */
enum sasl_status sasl_check(struct sasl *sasl, const char *identity, const struct credentials *credentials);

/* Does sasl_check() compute a password hash? Then it must run in a job. */
bool sasl_check_blocks(const struct sasl *sasl);

/*
 * Has the client been shown something that depends on the user's credentials (the salt of SCRAM)? An exchange that ends
 * after that without SASL_OK counts as a failed login, or a client could collect salts without limit.
 */
bool sasl_has_shown_salt(const struct sasl *sasl);

/* The challenge in base64, "" for an empty one; until the next step. */
const char *sasl_challenge(const struct sasl *sasl);

/*
 * Who logs in, from the first SASL_CHECK on, else "": valid UTF-8 is not promised, but it has at most
 * CREDENTIALS_NAME_MAX octets and no control octet. An authorization identity is empty or the same, else the exchange
 * has failed.
 */
const char *sasl_user(const struct sasl *sasl);

#endif
