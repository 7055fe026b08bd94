/* The first start: a database, and a domain to try the server with. */
#include "cmd/demo.h"

#include <stdio.h>

#include "mail/accounts.h"

#define DOMAIN "example.test"

static bool
add_demo(struct accounts *accounts)
{
	static const char *const names[] = { "postmaster", "anna", "bob" };
	bool done = accounts_add_domain(accounts, DOMAIN) == ACCOUNTS_OK;
	for (size_t i = 0; i < sizeof names / sizeof *names && done; i++)
		done = accounts_add(accounts, names[i], DOMAIN, NULL) == ACCOUNTS_OK;
	return done;
}

static void
tell(const char *data, const char *address)
{
	fprintf(stderr,
	    "First start: the data folder is %s.\n"
	    "A demo domain " DOMAIN " is in it, with postmaster, anna and bob. To send a message there:\n"
	    "    swaks --server %s --to anna@" DOMAIN "\n"
	    "It arrives in %s/mail/" DOMAIN "/anna/new. For a domain of your own:\n"
	    "    ftgatectl --data %s domain add NAME\n",
	    data, address, data, data);
}

int
demo_prepare(const char *data, bool demo, const char *address, char error[DEMO_ERROR_SIZE])
{
	char why[ACCOUNTS_ERROR_SIZE];
	bool created = false, done = true;
	struct accounts *accounts = accounts_open(data, &created, why);
	if (accounts == NULL) {
		snprintf(error, DEMO_ERROR_SIZE, "%s", why);
		return -1;
	}
	if (created && demo)
		done = add_demo(accounts);
	if (!done)
		snprintf(error, DEMO_ERROR_SIZE, "cannot make the demo domain: %s", accounts_error(accounts));
	else if (created && demo)
		tell(data, address);
	accounts_close(accounts);
	return done ? 0 : -1;
}
