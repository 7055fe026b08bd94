/* The command about the database of PostgreSQL. */
#include <errno.h>
#include <stdio.h>
#include <sysexits.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "config/config.h"
#include "directory/postgres/admin.h"

int
ctl_migrate(struct request *request)
{
	char error[ADMIN_ERROR_SIZE];
	int before = 0, after = 0;
	if (request->settings == NULL || request->settings->database == NULL)
		return ctl_fail(EX_CONFIG, "%s",
		    _("the configuration sets no database; that of the data folder is migrated when the server starts"));
	if (!postgres_admin_migrate(request->settings->database, &before, &after, error))
		return ctl_fail(errno == EACCES ? EX_NOPERM : EX_UNAVAILABLE, "%s", error);
	if (before == after)
		printf(_("schema %d: nothing to do\n"), after);
	else
		printf(_("schema %d, before %d\n"), after, before);
	return EX_OK;
}
