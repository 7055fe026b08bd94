/* Reads and writes whole files. Blocks. */
#include "base/system/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

FILE *
file_open(const char *path, const char **why)
{
	struct stat status;
	FILE *stream = NULL;
	int file = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool regular = file >= 0 && fstat(file, &status) == 0 && S_ISREG(status.st_mode);
	if (regular)
		stream = fdopen(file, "r");
	if (stream != NULL)
		return stream;
	*why = file >= 0 && !regular ? "it is not a regular file" : strerror(errno);
	if (file >= 0)
		close(file);
	return NULL;
}

int
file_write(int file, const char *octets, size_t len)
{
	while (len > 0) {
		ssize_t written = TEMP_FAILURE_RETRY(write(file, octets, len));
		if (written < 0)
			return -1;
		octets += written;
		len -= (size_t)written;
	}
	return 0;
}

char *
file_read(int file, size_t max, size_t *len)
{
	struct stat status;
	if (fstat(file, &status) < 0)
		return NULL;
	if (status.st_size < 0 || (size_t)status.st_size > max) {
		errno = EFBIG;
		return NULL;
	}
	size_t size = (size_t)status.st_size;
	char *octets = malloc(size + 1);
	ssize_t got = 0;
	for (*len = 0; octets != NULL && *len < size; *len += (size_t)got) {
		got = TEMP_FAILURE_RETRY(read(file, octets + *len, size - *len));
		if (got <= 0)
			break;
	}
	if (octets == NULL || got >= 0)
		return octets;
	free(octets);
	return NULL;
}

int
file_sync_folder(const char *path)
{
	int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder < 0)
		return -1;
	int result = fsync(folder);
	int error = errno;
	close(folder);
	errno = error;
	return result;
}
