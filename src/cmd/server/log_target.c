/* Where a server logs its events: standard error, the journal or a file. */
#include "cmd/server/log_target.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/log/journal.h"
#include "base/log/log.h"
#include "base/text/translate.h"

static const char journal[] = "journal", named_journal[] = "journal:";

/* The socket of a journal; NULL: the target is none. */
static const char *
find_socket(const char *target)
{
	if (strcmp(target, journal) == 0)
		return JOURNAL_SOCKET;
	return strncmp(target, named_journal, sizeof named_journal - 1) == 0 ? target + sizeof named_journal - 1 : NULL;
}

bool
log_target_is_valid(const char *target)
{
	const char *path = find_socket(target);
	if (strcmp(target, "stderr") == 0)
		return true;
	path = path != NULL ? path : target;
	return path[0] == '/' && path[1] != '\0' && path[strlen(path) - 1] != '/' && strlen(path) < PATH_MAX;
}

/* A file that does not exist can be made if its folder can be written to. */
static bool
is_file_usable(const char *path)
{
	char folder[PATH_MAX];
	if (access(path, W_OK) == 0)
		return true;
	if (errno != ENOENT)
		return false;
	size_t len = (size_t)(strrchr(path, '/') - path);
	memcpy(folder, path, len);
	memcpy(folder + len, "/", sizeof "/");
	return access(folder, W_OK | X_OK) == 0;
}

bool
log_target_is_usable(const char *target)
{
	const char *socket = find_socket(target);
	if (socket != NULL)
		return journal_open(socket) == 0;
	return target[0] != '/' || is_file_usable(target);
}

const char *
log_target_cure(const char *target)
{
	return find_socket(target) != NULL ? _("start systemd's journal, or name another place")
	                                   : _("name a file in a folder that the user of the server may write to");
}

int
log_target_open(const char *target)
{
	const char *socket = find_socket(target);
	if (socket != NULL)
		return log_use_journal(socket);
	if (target[0] == '/')
		return log_use_file(target);
	if (target[0] == '\0' && journal_is_stderr())
		log_use_journal(JOURNAL_SOCKET); /* else the journal reads standard error line by line */
	return 0;
}
