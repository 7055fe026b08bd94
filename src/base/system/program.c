/* The folders of the running program and of its translations, and times that tests set. */
#include "base/system/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FTGATE_LOCALEDIR
#define FTGATE_LOCALEDIR "/usr/share/locale"
#endif

bool
program_folder(char folder[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	if (len <= 0)
		return false;
	folder[len] = '\0';
	char *slash = strrchr(folder, '/');
	if (slash == NULL)
		return false;
	*slash = '\0';
	return true;
}

static bool
is_folder(const char *path)
{
	struct stat status;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

void
program_locale_folder(char folder[PATH_MAX])
{
	static const char *const beside[] = { "locale", "../share/locale" };
	char program[PATH_MAX];
	if (program_folder(program)) {
		for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
			int len = snprintf(folder, PATH_MAX, "%s/%s", program, beside[i]);
			if (len < PATH_MAX && is_folder(folder))
				return;
		}
	}
	snprintf(folder, PATH_MAX, "%s", FTGATE_LOCALEDIR);
}

int64_t
program_test_time(const char *variable, int64_t usual)
{
	const char *value = getenv(variable);
	long long seconds = value == NULL ? 0 : strtoll(value, NULL, 10);
	return seconds > 0 && seconds <= 3600 ? 1000 * seconds : usual;
}
