/* The check of a compiled catalogue: what a server would refuse. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lint.h"

/* The language of a path laid out as gettext has it, LL/LC_MESSAGES/DOMAIN.mo; else the name of the file. To be freed. */
static char *
language_of(const char *path)
{
	static const char folder[] = "/LC_MESSAGES/";
	const char *end = strstr(path, folder), *start = path, *slash;

	if (!end) {
		slash = strrchr(path, '/');
		start = slash ? slash + 1 : path;
		return strndup(start, strcspn(start, "."));
	}
	for (const char *p = path; p < end; p++)
		if (*p == '/')
			start = p + 1;
	return strndup(start, (size_t)(end - start));
}

static void
take(void *context, const struct ftg_refusal *refusal)
{
	struct lint *lint = context;

	lint_refuse(lint, 0, refusal);
	lint->tally->refused++;
}

void
lint_mo(struct lint *lint)
{
	lint->language = language_of(lint->path);
	if (!lint->language || !ftg_language_valid(lint->language))
		lint_add(lint, 0, LINT_WARNING, "-", REMARK_LANGUAGE, "%s", _("its path names no language"));
	if (ftg_catalog_check_file(lint->path, lint->language ? lint->language : "", take, lint) < 0)
		lint_add(lint, 0, LINT_ERROR, "-", REMARK_MSGFMT, "%s", strerror(errno));
	lint_report(lint);
	free(lint->language);
}
