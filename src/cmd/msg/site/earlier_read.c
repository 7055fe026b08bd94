/* Reads the table of an earlier export. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/system/file.h"
#include "cmd/msg/msg.h"
#include "earlier.h"

bool
earlier_read(struct earlier *earlier, const char *folder)
{
	char path[PATH_MAX];
	size_t len = 0;
	*earlier = (struct earlier) { 0 };
	if (snprintf(path, sizeof path, "%s/replies.tsv", folder) >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		complain_errno(folder);
		return false;
	}
	int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char *octets = file >= 0 ? file_read(file, EARLIER_MAX, &len) : NULL;
	int error = errno;
	if (file >= 0)
		close(file);
	errno = error;
	if (octets != NULL && earlier_parse(earlier, octets, len) == 0)
		return true;
	if (octets != NULL ? errno == EBADMSG : errno == ENOENT)
		complain(_("%s is not the table of an export"), path);
	else
		complain_errno(path);
	return false;
}
