/* The setting database: where PostgreSQL has the accounts. */
#include "directory/postgres/setting.h"

#include <stdbool.h>
#include <string.h>

#include "base/text/translate.h"

static const char *
behind_scheme(const char *value)
{
	static const char *const schemes[] = { "postgresql://", "postgres://" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncmp(value, schemes[i], strlen(schemes[i])) == 0)
			return value + strlen(schemes[i]);
	return NULL;
}

/*
 * Behind the name of the user, or as a parameter. libpq ends the user at the first '@' that no '/' precedes. A password in which
 * a '/' has not been encoded is none to libpq, but it is one. Parameters may have both characters.
 */
static bool
has_password(const char *user)
{
	size_t name = strcspn(user, "@/"), parameters = strcspn(user, "?");
	const char *colon = memchr(user, ':', parameters);
	return (user[name] == '@' && memchr(user, ':', name) != NULL) ||
	    (colon != NULL && memchr(colon, '@', parameters - (size_t)(colon - user)) != NULL) ||
	    strstr(user, "password=") != NULL;
}

const char *
postgres_setting_fault(const char *value)
{
	const char *user = behind_scheme(value);
	if (user == NULL || strlen(value) >= POSTGRES_SETTING_SIZE)
		return _("write it as postgresql://USER@HOST/NAME?sslmode=verify-full");
	if (has_password(user))
		return _("a password does not belong here; behind the ?, name a file that has it: passfile=FILE");
	return NULL;
}
