/* Finds the account that a client names when it logs in. Shared by SMTP AUTH and the logins of POP3. */
#ifndef SESSION_LOGIN_ACCOUNT_H
#define SESSION_LOGIN_ACCOUNT_H

#include "port/credentials.h"
#include "port/directory.h"

struct login_account;
struct sasl_server;

/* Called once. answered is false if the directory failed, which it has logged. May free or wipe the account. */
typedef void login_account_done(struct login_account *account, bool answered);

/* An account, or the imitation of one that does not exist. The owner wipes it (explicit_bzero) when done. */
struct login_account {
	bool known;     /* false: no account has this name, or more than one domain has */
	unsigned flags; /* enum account_flag */
	struct account_rates rates;
	struct mailbox mailbox;
	char language[DIRECTORY_LANGUAGE_SIZE]; /* of the account, or else of its domain */
	char address[ADDRESS_MAX + 1];          /* "" unless known */
	char domain[ADDRESS_DOMAIN_MAX + 1];    /* of the account; "" unless known */
	char named[ADDRESS_DOMAIN_MAX + 1];     /* that the client named with the account, whatever exists; "": none */
	/*
	 * The same for each spelling of a name (with or without its domain, in any case of the letters), whether or not
	 * the account exists. sasl_check() derives the imitation of an unknown user from it.
	 */
	char identity[CREDENTIALS_NAME_MAX + ADDRESS_MAX + 2];
	/* Unless known: empty, or a salt and an iteration count with keys that no password has. */
	struct credentials credentials;
	char name[CREDENTIALS_NAME_MAX + 1]; /* that was looked up */
	login_account_done *done;
	struct login_question question; /* while it is looked up */
};

/*
 * Looks up a user name of at most CREDENTIALS_NAME_MAX octets, and calls done(), on the loop, maybe before the function
 * returns. server chooses the domain in which an unknown name without a domain appears to be; NULL if the server offers
 * no SASL mechanism. found must last until done() is called.
 */
void login_account_find(struct login_account *found, struct directory *directory, const struct sasl_server *server,
    const char *name, login_account_done *done);

/* The credentials for sasl_check() and password checks: NULL for an account without any. */
const struct credentials *login_account_credentials(const struct login_account *account);

#endif
