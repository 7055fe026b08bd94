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

static int
hex_digit(char digit)
{
	if (digit >= '0' && digit <= '9')
		return digit - '0';
	digit |= 0x20;
	return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* libpq decodes %XX in names of parameters, too. */
static bool
has_parameter(const char *parameters, const char *name)
{
	char decoded[POSTGRES_SETTING_SIZE];
	size_t len = 0;
	for (; *parameters != '\0' && len + 1 < sizeof decoded; parameters++) {
		int high = *parameters == '%' ? hex_digit(parameters[1]) : -1;
		int low = high >= 0 ? hex_digit(parameters[2]) : -1;
		bool encoded = low >= 0 && 16 * high + low != 0;
		decoded[len++] = encoded ? (char)(16 * high + low) : *parameters;
		parameters += encoded ? 2 : 0;
	}
	decoded[len] = '\0';
	return strstr(decoded, name) != NULL;
}

/*
 * Behind the name of the user, or as a parameter. libpq ends the user at the first '@' that no '/' precedes. A password
 * in which a '/' has not been encoded is none to libpq, but it is one. Parameters may have both characters.
 */
static bool
has_password(const char *user)
{
	size_t name = strcspn(user, "@/"), parameters = strcspn(user, "?");
	const char *colon = memchr(user, ':', parameters);
	return (user[name] == '@' && memchr(user, ':', name) != NULL) ||
	    (colon != NULL && memchr(colon, '@', parameters - (size_t)(colon - user)) != NULL) ||
	    has_parameter(user, "password=");
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
