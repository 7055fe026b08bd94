/* The first start: makes the database and a demo domain. */
#include "cmd/server/demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "directory/accounts.h"
#include "store/maildir_store.h"

static bool
add_demo(struct accounts *accounts)
{
	static const char *const names[] = { "postmaster", "anna", "bob" };
	bool done = accounts_add_domain(accounts, DEMO_DOMAIN) == ACCOUNTS_OK;
	for (size_t i = 0; i < sizeof names / sizeof *names && done; i++)
		done = accounts_add(accounts, names[i], DEMO_DOMAIN, NULL) == ACCOUNTS_OK;
	return done;
}

static int
prepare(const char *data, struct mailbox_store *mailboxes, bool demo, bool *made, char error[DEMO_ERROR_SIZE])
{
	char why[ACCOUNTS_ERROR_SIZE];
	bool created = false, done = true;
	struct accounts *accounts = accounts_open(data, mailboxes, &created, why);
	if (accounts == NULL) {
		snprintf(error, DEMO_ERROR_SIZE, "%s", why);
		return -1;
	}
	if (created && demo)
		done = add_demo(accounts);
	if (!done)
		snprintf(error, DEMO_ERROR_SIZE, "cannot make the demo domain: %s", accounts_error(accounts));
	*made = created && demo && done;
	accounts_close(accounts);
	return done ? 0 : -1;
}

int
demo_prepare(const char *data, bool demo, bool *made, char error[DEMO_ERROR_SIZE])
{
	struct maildir_store mailboxes;
	if (maildir_store_open(&mailboxes, data) < 0) {
		snprintf(error, DEMO_ERROR_SIZE, "cannot open %.400s/mail: %s", data, strerror(errno));
		return -1;
	}
	int result = prepare(data, &mailboxes.store, demo, made, error);
	maildir_store_close(&mailboxes);
	return result;
}
