/* Requests for a run of the relay queue: a file each, whose name selects the entries. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address/address.h"
#include "base/text/ascii.h"
#include "queue/folder.h"

/* The prefixes of the names. */
static const char *const prefixes[] = {
	[QUEUE_RUN_ALL] = "all",
	[QUEUE_RUN_ENTRY] = "entry=",
	[QUEUE_RUN_DOMAIN] = "domain=",
	[QUEUE_RUN_BELOW] = "below=",
};

static bool
is_domain(const char *text)
{
	for (const char *at = text; *at != '\0'; at++)
		if (ascii_is_upper(*at))
			return false;
	return *text != '[' && address_domain_valid(text, strlen(text), true);
}

static bool
is_fit(const struct queue_run *run)
{
	switch (run->reach) {
	case QUEUE_RUN_ALL: return run->name == NULL || *run->name == '\0';
	case QUEUE_RUN_ENTRY: return queue_is_id(run->name, strlen(run->name));
	default: return is_domain(run->name);
	}
}

int
queue_request_run(const struct queue *queue, const struct queue_run *run)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW };
	char path[NAME_MAX + sizeof QUEUE_RUN "/"];
	if (!is_fit(run)) {
		errno = EINVAL;
		return -1;
	}
	int len = snprintf(
	    path, sizeof path, QUEUE_RUN "/%s%s", prefixes[run->reach], run->name == NULL ? "" : run->name);
	if (len >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int file = (int)TEMP_FAILURE_RETRY(openat(queue->folder, path, FLAGS, 0600));
	return file < 0 ? -1 : close(file);
}

static bool
parse_name(struct queue_run *run, const char *file)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]);
		if (strncmp(file, prefixes[i], len) != 0)
			continue;
		*run = (struct queue_run) { (enum queue_reach)i, file[len] == '\0' ? NULL : file + len };
		return (i == QUEUE_RUN_ALL) == (run->name == NULL) && is_fit(run);
	}
	return false;
}

int
queue_take_runs(const struct queue *queue, bool (*take)(void *context, const struct queue_run *run), void *context)
{
	struct queue_run run;
	int left = 0;
	DIR *entries = queue_open_entries(queue, QUEUE_RUN);
	if (entries == NULL)
		return -1;
	for (const struct dirent *file; left == 0 && (file = readdir(entries)) != NULL;) {
		if (file->d_name[0] == '.')
			continue;
		if (parse_name(&run, file->d_name) && !take(context, &run))
			left = 1;
		else
			unlinkat(dirfd(entries), file->d_name, 0);
	}
	closedir(entries);
	return left;
}
