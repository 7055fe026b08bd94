/* The folder of an exported site. */
#include "folder.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/msg/msg.h"

static bool
fail(const struct folder *folder, const char *name)
{
	int error = errno;
	complain("%s/%s: %s", folder->path, name, strerror(error));
	return false;
}

/* Names of files that an export has: the list of an earlier one may have been written by somebody else. */
static bool
is_name(const char *name)
{
	size_t len = strlen(name);
	if (len == 0 || len >= FOLDER_NAME_MAX || *name == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && strchr(".-_", name[i]) == NULL)
			return false;
	return true;
}

static bool
has_name(char names[FOLDER_FILES_MAX][FOLDER_NAME_MAX], size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

static void
add_name(char names[FOLDER_FILES_MAX][FOLDER_NAME_MAX], size_t *count, const char *name)
{
	if (*count < FOLDER_FILES_MAX && !has_name(names, *count, name))
		snprintf(names[(*count)++], FOLDER_NAME_MAX, "%s", name);
}

/* The name of a file until it is whole. */
static void
name_draft(char draft[FOLDER_DRAFT_MAX], const char *name)
{
	snprintf(draft, FOLDER_DRAFT_MAX, ".%s.new", *name == '.' ? name + 1 : name);
}

/* The draft of the first mark is what an export leaves that was killed when it began. */
static bool
is_nothing(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0 || strcmp(name, FOLDER_MARK ".new") == 0;
}

static bool
is_empty(int descriptor)
{
	int copy = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *names = copy >= 0 ? fdopendir(copy) : NULL;
	const struct dirent *entry;
	bool empty = names != NULL;
	if (names == NULL && copy >= 0)
		close(copy);
	while (names != NULL && (entry = readdir(names)) != NULL)
		empty = empty && is_nothing(entry->d_name);
	if (names != NULL)
		closedir(names);
	return empty;
}

/* Reads the names of an earlier export; the first line is for people. Returns false with errno if there is no mark. */
static bool
read_mark(struct folder *folder)
{
	char line[256];
	int descriptor = openat(folder->descriptor, FOLDER_MARK, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	FILE *file = descriptor >= 0 ? fdopen(descriptor, "r") : NULL;
	if (file == NULL && descriptor >= 0)
		close(descriptor);
	if (file == NULL)
		return false;
	while (fgets(line, sizeof line, file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (is_name(line))
			add_name(folder->old, &folder->old_count, line);
	}
	fclose(file);
	return true;
}

/* Writes the mark with the names of the files of an export. */
static bool
write_mark(struct folder *folder, char names[FOLDER_FILES_MAX][FOLDER_NAME_MAX], size_t count)
{
	FILE *file = folder_begin(folder, FOLDER_MARK);
	if (file == NULL)
		return false;
	fputs("# A site of the replies of ftgate " FTG_VERSION
	      ". ftgate-msg export --format html replaces these files:\n",
	    file);
	for (size_t i = 0; i < count; i++)
		fprintf(file, "%s\n", names[i]);
	return folder_end(folder);
}

bool
folder_open(struct folder *folder, const char *path)
{
	folder->path = path;
	if (mkdir(path, 0777) < 0 && errno != EEXIST) {
		complain_errno(path);
		return false;
	}
	folder->descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->descriptor < 0) {
		complain_errno(path);
		return false;
	}
	if (!read_mark(folder) && !is_empty(folder->descriptor)) {
		complain(_("%s is neither empty nor an earlier export (it has no file %s): name another folder"), path,
		    FOLDER_MARK);
		return false;
	}
	return write_mark(folder, folder->old, folder->old_count);
}

/* Lists a new name before its draft is there: if this export is killed, the next one removes the draft. */
static bool
announce(struct folder *folder, const char *name)
{
	if (*name == '.' || has_name(folder->old, folder->old_count, name))
		return true;
	add_name(folder->old, &folder->old_count, name);
	return write_mark(folder, folder->old, folder->old_count);
}

FILE *
folder_begin(struct folder *folder, const char *name)
{
	if (!announce(folder, name))
		return NULL;
	snprintf(folder->name, sizeof folder->name, "%s", name);
	name_draft(folder->draft, name);
	(void)unlinkat(folder->descriptor, folder->draft, 0);
	int descriptor = openat(
	    folder->descriptor, folder->draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
	folder->file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
	if (folder->file == NULL) {
		fail(folder, folder->draft);
		if (descriptor >= 0)
			close(descriptor);
	}
	return folder->file;
}

bool
folder_end(struct folder *folder)
{
	bool written = ferror(folder->file) == 0;
	long octets = ftell(folder->file);
	written = fclose(folder->file) == 0 && written;
	folder->file = NULL;
	if (!written || renameat(folder->descriptor, folder->draft, folder->descriptor, folder->name) < 0) {
		fail(folder, folder->name);
		(void)unlinkat(folder->descriptor, folder->draft, 0);
		return false;
	}
	if (*folder->name != '.')
		add_name(folder->made, &folder->made_count, folder->name);
	folder->octets += octets > 0 ? (unsigned long)octets : 0;
	return true;
}

/* A folder of this name is not one of our files, and stays. */
static bool
remove_file(const struct folder *folder, const char *name)
{
	if (unlinkat(folder->descriptor, name, 0) < 0 && errno != ENOENT && errno != EISDIR)
		return fail(folder, name);
	return true;
}

bool
folder_finish(struct folder *folder)
{
	char draft[FOLDER_DRAFT_MAX];
	bool removed = true;
	for (size_t i = 0; i < folder->old_count; i++) {
		if (has_name(folder->made, folder->made_count, folder->old[i]))
			continue;
		name_draft(draft, folder->old[i]);
		removed = remove_file(folder, folder->old[i]) && removed;
		removed = remove_file(folder, draft) && removed;
	}
	return removed && write_mark(folder, folder->made, folder->made_count);
}

void
folder_close(struct folder *folder)
{
	if (folder->file != NULL) {
		fclose(folder->file);
		(void)unlinkat(folder->descriptor, folder->draft, 0);
	}
	if (folder->descriptor >= 0)
		close(folder->descriptor);
}
