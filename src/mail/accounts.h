/* The keeping of domains and accounts: what ftgatectl does. */
#ifndef MAIL_ACCOUNTS_H
#define MAIL_ACCOUNTS_H

#include <stdbool.h>
#include <stdint.h>

struct accounts;

enum accounts_result {
	ACCOUNTS_OK,
	ACCOUNTS_EXISTS,    /* there is one of this name */
	ACCOUNTS_NO_DOMAIN, /* the domain is not hosted here */
	ACCOUNTS_FAILED,    /* accounts_error() says why */
};

enum { ACCOUNTS_ERROR_SIZE = 256 };

/*
 * Opens the accounts of a data folder, which must exist; the database and the folder of all mail are made where they
 * are missing, *created tells so. NULL with an English sentence in error. Waits up to 5 seconds for other changes.
 */
struct accounts *accounts_open(const char *data, bool *created, char error[ACCOUNTS_ERROR_SIZE]);
void accounts_close(struct accounts *accounts);
const char *accounts_error(const struct accounts *accounts);

/* Adds a hosted domain, in lower case. */
enum accounts_result accounts_add_domain(struct accounts *accounts, const char *name);

/* Adds an account and its Maildir. password is a hash of crypt(5), or NULL for an account that nobody may log in to. */
enum accounts_result accounts_add(
    struct accounts *accounts, const char *local, const char *domain, const char *password);

/* Calls tell for each domain, with an empty local part, or for each account; by name. */
typedef void accounts_tell(void *context, const char *local, const char *domain);
enum accounts_result accounts_list_domains(struct accounts *accounts, accounts_tell *tell, void *context);
enum accounts_result accounts_list(struct accounts *accounts, accounts_tell *tell, void *context);

#endif
