/* The server's side of a SASL exchange (RFC 4422) over base64 lines: SMTP AUTH (RFC 4954), POP3 AUTH (RFC 5034). */
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
	SASL_CHALLENGE, /* send sasl_challenge(), then give the response to sasl_step() */
	SASL_CHECK,     /* look up the credentials of sasl_user() and give them to sasl_check() */
	SASL_OK,        /* the client has proved to be sasl_user() */
	SASL_FAILED,    /* it has not */
	SASL_CANCELLED, /* the client sent "*" */
	SASL_MALFORMED, /* not base64, or not of the mechanism's form */
	SASL_TROUBLE,   /* memory is out */
};

/* Shared by all exchanges. Must outlive them. Exchanges may run in several threads. */
struct sasl_server;

/*
 * verify is called by sasl_check(): does the password match a hash of crypt(5)? For a hash that is NULL it must take as
 * long to return false. secret, which is copied, determines the simulated data of unknown users; it must be the same
 * for all servers of one name, and after restarts, or clients can distinguish unknown users. NULL when memory is out.
 */
struct sasl_server *sasl_server_new(
    const unsigned char secret[SASL_SECRET_SIZE], bool (*verify)(const char *password, const char *hash));
void sasl_server_free(struct sasl_server *server);

/* A number that depends on the secret and a name, in any ASCII case; for choices that a client must not foresee. */
uint64_t sasl_server_number(const struct sasl_server *server, const char *name);

/* The name of a mechanism as it is offered. */
const char *sasl_mechanism_name(enum sasl_mechanism mechanism);

/* Finds a mechanism by its name in any ASCII case; SASL_MECHANISMS if there is none. */
enum sasl_mechanism sasl_mechanism_find(const char *name, size_t len);

/* Does the client send the password itself, so that the connection should be encrypted? */
bool sasl_mechanism_is_plaintext(enum sasl_mechanism mechanism);

/* One exchange. Holds secrets, which are wiped as soon as they are no longer needed. NULL when memory is out. */
struct sasl;
struct sasl *sasl_new(const struct sasl_server *server, enum sasl_mechanism mechanism);
void sasl_free(struct sasl *sasl);

/*
 * Begins the exchange. initial is the initial response of the command: "=" stands for an empty one (RFC 4954 section 4),
 * NULL for none. SASL_MALFORMED if the mechanism has no initial response; LOGIN reads the user name from it, as clients
 * send it.
 */
enum sasl_status sasl_start(struct sasl *sasl, const char *initial, size_t len);

/* Reads a line of the client, without its CRLF, after SASL_CHALLENGE. */
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

/* The challenge in base64, "" for an empty one; valid until the next step. */
const char *sasl_challenge(const struct sasl *sasl);

/*
 * The user name, from the first SASL_CHECK on, else "". It has at most CREDENTIALS_NAME_MAX octets and no control octet,
 * but may be invalid UTF-8. The exchange fails if the client asks for an authorization identity other than this name.
 */
const char *sasl_user(const struct sasl *sasl);

#endif
