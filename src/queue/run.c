/* Wishes for a run of the relay queue: a file each, whose name tells what is to be tried. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/address.h"
#include "base/ascii.h"
#include "queue/folder.h"

/* What the names begin with. */
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
is_fit(const struct queue_wish *wish)
{
	switch (wish->reach) {
	case QUEUE_RUN_ALL: return wish->name == NULL || *wish->name == '\0';
	case QUEUE_RUN_ENTRY: return queue_is_id(wish->name, strlen(wish->name));
	default: return is_domain(wish->name);
	}
}

int
queue_wish(const struct queue *queue, const struct queue_wish *wish)
{
	enum { FLAGS = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW };
	char path[NAME_MAX + sizeof QUEUE_RUN "/"];
	if (!is_fit(wish)) {
		errno = EINVAL;
		return -1;
	}
	int len = snprintf(
	    path, sizeof path, QUEUE_RUN "/%s%s", prefixes[wish->reach], wish->name == NULL ? "" : wish->name);
	if (len >= (int)sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int file = (int)TEMP_FAILURE_RETRY(openat(queue->folder, path, FLAGS, 0600));
	return file < 0 ? -1 : close(file);
}

static bool
read_wish(struct queue_wish *wish, const char *file)
{
	for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
		size_t len = strlen(prefixes[i]);
		if (strncmp(file, prefixes[i], len) != 0)
			continue;
		*wish = (struct queue_wish) { (enum queue_reach)i, file[len] == '\0' ? NULL : file + len };
		return (i == QUEUE_RUN_ALL) == (wish->name == NULL) && is_fit(wish);
	}
	return false;
}

/* A wish that is left while it is taken has not been told yet. */
int
queue_take_wishes(const struct queue *queue, void (*tell)(void *context, const struct queue_wish *wish), void *context)
{
	struct queue_wish wish;
	DIR *entries = queue_open_entries(queue, QUEUE_RUN);
	if (entries == NULL)
		return -1;
	for (const struct dirent *file; (file = readdir(entries)) != NULL;)
		if (file->d_name[0] != '.' && unlinkat(dirfd(entries), file->d_name, 0) == 0 &&
		    read_wish(&wish, file->d_name))
			tell(context, &wish);
	closedir(entries);
	return 0;
}
