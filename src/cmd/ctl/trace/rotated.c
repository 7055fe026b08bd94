/* Finds what was rotated away from a log file. */
#include "cmd/ctl/trace/rotated.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 4096 };

struct rotated {
	struct timespec time;
	char name[NAME_MAX + 1];
};

/* Is name base.N, base-N, base.N.gz or base-N.gz? */
static bool
is_rotated(const char *name, const char *base)
{
	size_t len = strlen(base);
	if (strncmp(name, base, len) != 0 || (name[len] != '.' && name[len] != '-'))
		return false;
	const char *digits = name + len + 1, *end = digits + strspn(digits, "0123456789");
	return end > digits && (*end == '\0' || strcmp(end, ".gz") == 0);
}

static int
compare(const void *a, const void *b)
{
	const struct rotated *first = a, *second = b;
	if (first->time.tv_sec != second->time.tv_sec)
		return first->time.tv_sec < second->time.tv_sec ? -1 : 1;
	if (first->time.tv_nsec != second->time.tv_nsec)
		return first->time.tv_nsec < second->time.tv_nsec ? -1 : 1;
	return strverscmp(second->name, first->name);
}

static size_t
list(DIR *folder, const char *base, struct rotated *files)
{
	struct dirent *entry;
	struct stat status;
	size_t count = 0;
	while (count < FILES_MAX && (entry = readdir(folder)) != NULL) {
		if (!is_rotated(entry->d_name, base) || fstatat(dirfd(folder), entry->d_name, &status, 0) < 0 ||
		    !S_ISREG(status.st_mode))
			continue;
		files[count].time = status.st_mtim;
		snprintf(files[count++].name, sizeof files->name, "%s", entry->d_name);
	}
	qsort(files, count, sizeof *files, compare);
	return count;
}

bool
rotated_find(const char *path, rotated_found *found, void *context)
{
	const char *slash = strrchr(path, '/');
	char folder[PATH_MAX], file[PATH_MAX + NAME_MAX + 2];
	int len = slash == NULL ? 0 : (int)(slash - path) + 1;
	snprintf(folder, sizeof folder, "%.*s", len, path);
	struct rotated *files = calloc(FILES_MAX, sizeof *files);
	DIR *opened = opendir(len == 0 ? "." : folder);
	size_t count = opened != NULL && files != NULL ? list(opened, path + len, files) : 0;
	bool fine = true;
	for (size_t i = 0; i < count && fine; i++) {
		snprintf(file, sizeof file, "%s%s", folder, files[i].name);
		fine = found(context, file);
	}
	if (opened != NULL)
		closedir(opened);
	free(files);
	return fine;
}
