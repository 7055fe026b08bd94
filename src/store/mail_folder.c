/* The folder of all mail, and its marker. */
#include "store/mail_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log/log.h"

#define RECORD  ".marked"
#define NEW     ".XXXXXX"
#define MARKING (O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW)

static int
make_file(int folder, const char *path)
{
	int file = openat(folder, path, MARKING, 0600);
	if (file < 0)
		return -1;
	int result = fsync(file);
	int error = errno;
	close(file);
	errno = error;
	return result;
}

static bool
has_record(const char *path)
{
	char record[PATH_MAX + sizeof RECORD];
	snprintf(record, sizeof record, "%s" RECORD, path);
	return access(record, F_OK) == 0;
}

/* If this fails, the next program that opens the folder makes the record. */
static void
make_record(const char *path)
{
	char record[PATH_MAX + sizeof RECORD];
	snprintf(record, sizeof record, "%s" RECORD, path);
	if (access(record, F_OK) < 0)
		(void)make_file(AT_FDCWD, record);
}

/* A missing marker means that the volume is not mounted. */
static int
find_marker(const char *path, struct stat *marker)
{
	char name[PATH_MAX + sizeof MAIL_FOLDER_MARKER];
	snprintf(name, sizeof name, "%s/" MAIL_FOLDER_MARKER, path);
	if (stat(name, marker) == 0)
		return 0;
	if (errno == ENOENT || errno == ENOTDIR)
		errno = ENODEV;
	return -1;
}

/* Is there a folder of a domain? A new file system has a folder of its own, lost+found. */
static bool
has_mailboxes(const char *path)
{
	bool found = false;
	DIR *folder = opendir(path);
	if (folder == NULL)
		return false;
	for (const struct dirent *entry; !found && (entry = readdir(folder)) != NULL;)
		found = entry->d_name[0] != '.' && strcmp(entry->d_name, "lost+found") != 0;
	closedir(folder);
	return found;
}

/* NFS, and ZFS before 2.2, know no flags: there rename(2) replaces an empty folder at most. */
static int
name_folder(const char *made, const char *path)
{
	if (renameat2(AT_FDCWD, made, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return 0;
	return errno == EINVAL || errno == ENOSYS ? rename(made, path) : -1;
}

/* The folder appears with its marker: another process that opens it now must not find it without. */
static int
make_folder(const char *path)
{
	char name[PATH_MAX + sizeof NEW];
	snprintf(name, sizeof name, "%s" NEW, path);
	if (mkdtemp(name) == NULL)
		return -1;
	int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool made = folder >= 0 && make_file(folder, MAIL_FOLDER_MARKER) == 0 && fsync(folder) == 0 &&
	    name_folder(name, path) == 0;
	int error = errno;
	if (!made && folder >= 0)
		unlinkat(folder, MAIL_FOLDER_MARKER, 0);
	if (!made)
		rmdir(name);
	if (folder >= 0)
		close(folder);
	errno = error;
	return made || error == EEXIST || error == ENOTEMPTY ? 0 : -1;
}

static int
mark(const char *path)
{
	char marker[PATH_MAX + sizeof MAIL_FOLDER_MARKER];
	snprintf(marker, sizeof marker, "%s/" MAIL_FOLDER_MARKER, path);
	return make_file(AT_FDCWD, marker);
}

bool
mail_folder_is_new(const char *path)
{
	struct stat status;
	return find_marker(path, &status) < 0 && errno == ENODEV && !has_record(path) && stat(path, &status) == 0 &&
	    S_ISDIR(status.st_mode) && !has_mailboxes(path);
}

int
mail_folder_begin(const char *path)
{
	if (mail_folder_is_new(path) && mark(path) == 0)
		make_record(path);
	struct stat marker;
	return find_marker(path, &marker);
}

/* Makes the missing files when a folder is opened for the first time. */
static int
begin(const char *path)
{
	struct stat status;
	int result = 0;
	bool marked = find_marker(path, &status) == 0;
	if (!marked && !has_record(path) && lstat(path, &status) < 0)
		result = errno == ENOENT ? make_folder(path) : -1;
	else if (!marked && !has_record(path) && has_mailboxes(path))
		result = mark(path);
	if (result == 0 && find_marker(path, &status) == 0)
		make_record(path);
	return result;
}

/* The path leads to the folder from any current folder. */
static int
keep_path(struct mail_folder *folder, const char *path)
{
	char current[PATH_MAX] = "";
	if (*path != '/' && getcwd(current, sizeof current) == NULL)
		return -1;
	int len = snprintf(folder->path, sizeof folder->path, "%s%s%s", current, *path != '/' ? "/" : "", path);
	if (len < (int)sizeof folder->path)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Until the folder is there, the descriptor is of a file below which nothing can be opened. */
int
mail_folder_open(struct mail_folder *folder, const char *path)
{
	*folder = (struct mail_folder) { .descriptor = -1, .lock = PTHREAD_MUTEX_INITIALIZER };
	if (keep_path(folder, path) < 0 || begin(folder->path) < 0)
		return -1;
	folder->descriptor = open("/dev/null", O_PATH | O_CLOEXEC);
	if (folder->descriptor < 0)
		return -1;
	(void)mail_folder_check(folder);
	return 0;
}

void
mail_folder_close(struct mail_folder *folder)
{
	if (folder->descriptor >= 0)
		close(folder->descriptor);
	folder->descriptor = -1;
}

/* Opens the folder that is at the path now. */
static int
follow(struct mail_folder *folder)
{
	struct stat marker;
	int opened = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (opened < 0)
		return -1;
	bool done = fstatat(opened, MAIL_FOLDER_MARKER, &marker, 0) == 0 &&
	    dup3(opened, folder->descriptor, O_CLOEXEC) >= 0;
	int error = errno;
	close(opened);
	if (done) {
		folder->device = marker.st_dev;
		folder->inode = marker.st_ino;
	}
	errno = error;
	return done ? 0 : -1;
}

int
mail_folder_check(struct mail_folder *folder)
{
	struct stat marker;
	int result = find_marker(folder->path, &marker);
	if (result == 0) {
		pthread_mutex_lock(&folder->lock);
		if (marker.st_dev != folder->device || marker.st_ino != folder->inode)
			result = follow(folder);
		pthread_mutex_unlock(&folder->lock);
	}
	folder->error = result == 0 ? 0 : errno;
	return result;
}

void
mail_folder_report(struct mail_folder *folder)
{
	int error = folder->error;
	if (error == folder->reported)
		return;
	folder->reported = error;
	log_begin(error != 0 ? "mail-folder-refused" : "mail-folder-usable");
	log_put("path", folder->path);
	if (error == ENODEV)
		log_put("detail",
		    "no file " MAIL_FOLDER_MARKER ": mount its volume, or touch the file if this is the folder");
	else if (error != 0)
		log_put("detail", strerror(error));
	log_end();
}

bool
mail_folder_exists(const char *path)
{
	struct stat status;
	return lstat(path, &status) == 0 || has_record(path);
}

int
mail_folder_probe(const char *path)
{
	struct stat status;
	if (find_marker(path, &status) == 0)
		return 0;
	int error = errno;
	if (error == ENODEV && !has_record(path) && (!mail_folder_exists(path) || has_mailboxes(path)))
		return 0;
	errno = error;
	return -1;
}
