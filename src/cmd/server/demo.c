/* The first start: makes the database and a demo domain. */
#include "cmd/server/demo.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text/translate.h"
#include "directory/accounts.h"
#include "store/maildir_store.h"

static bool
add_demo(struct admin *admin)
{
	static const char *const names[] = { "postmaster", "anna", "bob" };
	bool done = admin_add_domain(admin, DEMO_DOMAIN) == ADMIN_OK;
	for (size_t i = 0; i < sizeof names / sizeof *names && done; i++)
		done = admin_add_account(admin, names[i], DEMO_DOMAIN, NULL) == ADMIN_OK;
	return done;
}

static int
prepare(const char *data, struct maildir_store *mailboxes, bool demo, bool *made, char error[DEMO_ERROR_SIZE])
{
	char why[ADMIN_ERROR_SIZE];
	bool created = false, done = true;
	struct admin *admin = accounts_open(data, &mailboxes->store, &created, why);
	if (admin == NULL) {
		snprintf(error, DEMO_ERROR_SIZE, "%s", why);
		return -1;
	}
	maildir_store_begin(mailboxes, admin);
	if (created && demo)
		done = add_demo(admin);
	if (!done)
		snprintf(error, DEMO_ERROR_SIZE, _("cannot make the demo domain: %s"), admin->ops->error(admin));
	*made = created && demo && done;
	admin->ops->close(admin);
	return done ? 0 : -1;
}

int
demo_prepare(const char *data, bool demo, bool *made, char error[DEMO_ERROR_SIZE])
{
	struct maildir_store mailboxes;
	if (maildir_store_open(&mailboxes, data) < 0) {
		snprintf(error, DEMO_ERROR_SIZE, _("cannot open %s/mail: %s"), data, strerror(errno));
		return -1;
	}
	int result = prepare(data, &mailboxes, demo, made, error);
	maildir_store_close(&mailboxes);
	return result;
}
