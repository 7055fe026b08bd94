/* The user that a server becomes when root starts it. */
#include "cmd/server/service_user.h"

#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text/translate.h"

static int __attribute__((format(printf, 2, 3))) fail(char error[SERVICE_USER_ERROR_SIZE], const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	vsnprintf(error, SERVICE_USER_ERROR_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

/* getpwnam(3) leaves errno as it is, or sets one of these, if there is no such user. */
static bool
is_trouble(int error)
{
	return error != 0 && error != ENOENT && error != ESRCH && error != EBADF && error != EPERM;
}

static int
find_named(struct service_user *user, const struct settings *settings, char error[SERVICE_USER_ERROR_SIZE])
{
	errno = 0;
	const struct passwd *found = getpwnam(settings->user);
	if (found == NULL && is_trouble(errno))
		return fail(error, _("user: '%.32s' cannot be looked up: %s"), settings->user, strerror(errno));
	if (found == NULL)
		return fail(error,
		    _("user: there is no user '%.32s'; create one (useradd --system %.32s), or name another"),
		    settings->user, settings->user);
	*user = (struct service_user) { found->pw_uid, found->pw_gid };
	return 0;
}

/* An address that is served and is not of this machine alone. NULL: there is none. */
static const char *
find_public(const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		if (!listen_is_loopback(settings->listen[i].address))
			return settings->listen[i].address;
	return NULL;
}

int
service_user_find(struct service_user *user, const struct settings *settings, char error[SERVICE_USER_ERROR_SIZE])
{
	const char *address;
	*user = (struct service_user) { geteuid(), getegid() };
	if (settings->user_named)
		return find_named(user, settings, error);
	if (geteuid() != 0 || find_named(user, settings, error) == 0)
		return 0;
	address = find_public(settings);
	if (address == NULL)
		return 0;
	return fail(error,
	    _("root must not serve %.60s: create the user '%.32s' (useradd --system %.32s), or name one by 'user:' in the "
	      "configuration"),
	    address, settings->user, settings->user);
}
