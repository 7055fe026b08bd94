/* The check of a compiled catalogue: reports the texts that a server would refuse. */
#include <errno.h>
#include <string.h>

#include "lint.h"

static void
add_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct lint *lint = context;

	lint_refuse(lint, 0, LINT_ERROR, refusal);
	lint->tally->refused++;
}

void
lint_mo(struct lint *lint)
{
	if (!lint->language)
		lint_add(lint, 0, LINT_WARNING, "-", REMARK_LANGUAGE, "%s", _("its path has no language"));
	if (ftg_catalog_check_file(lint->path, lint_language(lint), add_refusal, lint) < 0)
		lint_add(lint, 0, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
}
