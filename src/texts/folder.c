/* Own texts in a folder. Each file is written beside the old one, synced, and renamed over it. */
#include "texts/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftgate/catalog.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/system/file.h"
#include "catalog/load.h"

enum { FOLDER_MODE = 0755, FILE_MODE = 0644, ENTRIES_MAX = 4096 };

static const char po_name[] = "ftgate-local.po", mo_name[] = "ftgate-local.mo", lock_name[] = ".lock";

struct folder {
	struct texts texts;
	int lock;            /* -1: none */
	bool copy;           /* texts_folder_open_copy() */
	char root[PATH_MAX]; /* of the server; the lock is there */
	char path[PATH_MAX]; /* of the server or of the domain */
	char name[PATH_MAX]; /* the result of name() */
};

static int
make_path(const struct folder *folder, const char *language, const char *file, char path[PATH_MAX])
{
	int len = snprintf(
	    path, PATH_MAX, "%s/%s/LC_MESSAGES%s%s", folder->path, language, *file == '\0' ? "" : "/", file);
	errno = ENAMETOOLONG;
	return len < PATH_MAX ? 0 : -1;
}

/* The file of a version. */
static int
make_version_path(const struct folder *folder, const char *language, unsigned version, char path[PATH_MAX])
{
	char name[64];
	snprintf(name, sizeof name, "%s.~%u~", po_name, version);
	return make_path(folder, language, version == 0 ? po_name : name, path);
}

/* Makes a folder that everyone can read, whatever the umask; one that exists keeps its mode. */
static int
make_folder(const char *path)
{
	if (mkdir(path, FOLDER_MODE) == 0)
		return chmod(path, FOLDER_MODE);
	return errno == EEXIST ? 0 : -1;
}

static int
make_folders(const struct folder *folder, const char *language)
{
	char path[PATH_MAX];
	if (make_folder(folder->root) < 0)
		return -1;
	if (language == NULL)
		return 0;
	if (make_folder(folder->path) < 0)
		return -1;
	errno = ENAMETOOLONG;
	if (snprintf(path, sizeof path, "%s/%s", folder->path, language) >= (int)sizeof path || make_folder(path) < 0)
		return -1;
	return make_path(folder, language, "", path) < 0 ? -1 : make_folder(path);
}

static int
folder_lock(struct texts *texts)
{
	struct folder *folder = (struct folder *)texts;
	char path[PATH_MAX];
	errno = ENAMETOOLONG;
	if (make_folders(folder, NULL) < 0 ||
	    snprintf(path, sizeof path, "%s/%s", folder->root, lock_name) >= (int)sizeof path)
		return -1;
	folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	return folder->lock < 0 ? -1 : flock(folder->lock, LOCK_EX | LOCK_NB);
}

static char *
read_path(const char *path, size_t *len)
{
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	if (file < 0)
		return NULL;
	char *octets = NULL;
	if (fstat(file, &st) == 0) {
		errno = EINVAL;
		octets = S_ISREG(st.st_mode) ? file_read(file, TEXTS_SIZE, len) : NULL;
	}
	int error = errno;
	close(file);
	if (octets != NULL)
		octets[*len] = '\0';
	errno = error;
	return octets;
}

static char *
folder_read(struct texts *texts, const char *language, unsigned version, size_t *len)
{
	char path[PATH_MAX];
	return make_version_path((struct folder *)texts, language, version, path) < 0 ? NULL : read_path(path, len);
}

static char *
folder_read_compiled(struct texts *texts, const char *language, size_t *len)
{
	char path[PATH_MAX];
	return make_path((struct folder *)texts, language, mo_name, path) < 0 ? NULL : read_path(path, len);
}

static const char *
folder_name(struct texts *texts, const char *language)
{
	struct folder *folder = (struct folder *)texts;
	return make_path(folder, language, po_name, folder->name) < 0 ? po_name : folder->name;
}

/* The number in "ftgate-local.po.~N~"; 0 if it is another name. */
static unsigned
version_of(const char *name)
{
	size_t len = sizeof po_name - 1;
	if (strncmp(name, po_name, len) != 0 || strncmp(name + len, ".~", 2) != 0)
		return 0;
	char *end;
	unsigned long number = strtoul(name + len + 2, &end, 10);
	return strcmp(end, "~") == 0 && number < UINT_MAX ? (unsigned)number : 0;
}

static int
newest_first(const void *a, const void *b)
{
	const unsigned *x = a, *y = b;
	return (*x < *y) - (*x > *y);
}

/* Lists the versions, newest first. Returns how many there are, or -1 with errno. */
static int
list_versions(const struct folder *folder, const char *language, unsigned versions[ENTRIES_MAX])
{
	char path[PATH_MAX];
	int count = 0;
	DIR *dir = make_path(folder, language, "", path) < 0 ? NULL : opendir(path);
	if (dir == NULL)
		return errno == ENOENT ? 0 : -1;
	struct dirent *entry;
	while (count < ENTRIES_MAX && (errno = 0, entry = readdir(dir)) != NULL) {
		unsigned version = version_of(entry->d_name);
		if (version > 0)
			versions[count++] = version;
	}
	int error = errno;
	closedir(dir);
	errno = error;
	if (count > 1)
		qsort(versions, (size_t)count, sizeof *versions, newest_first);
	return error == 0 ? count : -1;
}

static int
folder_each_version(struct texts *texts, const char *language, texts_version_fn *call, void *context)
{
	struct folder *folder = (struct folder *)texts;
	unsigned versions[ENTRIES_MAX];
	int count = list_versions(folder, language, versions);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];
		struct stat st;
		if (make_version_path(folder, language, versions[i], path) == 0 && stat(path, &st) == 0)
			call(context, &(struct texts_version) { versions[i], st.st_ctim.tv_sec, (size_t)st.st_size });
	}
	return count < 0 ? -1 : 0;
}

/*
 * Writes a file beside its place and renames it. Unless it is a copy, the
 * octets are on stable storage afterwards, the name once the folder is synced.
 */
static int
put_file(const struct folder *folder, const char *path, const char *octets, size_t len)
{
	char beside[PATH_MAX];
	errno = ENAMETOOLONG;
	if (snprintf(beside, sizeof beside, "%s.new", path) >= (int)sizeof beside)
		return -1;
	if (unlink(beside) < 0 && errno != ENOENT)
		return -1;
	int file = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (file < 0)
		return -1;
	int result = fchmod(file, FILE_MODE) < 0 || file_write(file, octets, len) < 0 ? -1 : 0;
	if (result == 0 && !folder->copy)
		result = fsync(file);
	int error = errno;
	close(file);
	errno = error;
	if (result == 0)
		result = rename(beside, path);
	if (result < 0) {
		error = errno;
		unlink(beside);
		errno = error;
	}
	return result;
}

/* Whether a version has these octets. */
static bool
is_version(struct folder *folder, const char *language, unsigned version, const char *octets, size_t len)
{
	size_t have = 0;
	char *kept = folder_read(&folder->texts, language, version, &have);
	bool same = kept != NULL && have == len && memcmp(kept, octets, len) == 0;
	free(kept);
	return same;
}

/*
 * Keeps the source in use as a version, if it is replaced by another; an empty file stands for none. The newest version
 * has it already if a change failed after that. Removes the oldest versions.
 */
static int
keep_version(struct folder *folder, const char *language, const struct texts_change *change)
{
	unsigned versions[ENTRIES_MAX];
	char path[PATH_MAX];
	size_t len = 0;
	char *old = folder_read(&folder->texts, language, 0, &len);
	if (old == NULL && errno != ENOENT)
		return -1;
	if (old != NULL && len == change->source_len && memcmp(old, change->source, len) == 0) {
		free(old);
		return 0;
	}
	int count = list_versions(folder, language, versions);
	unsigned next = count > 0 ? versions[0] + 1 : 1;
	int result = count < 0 ? -1 : make_version_path(folder, language, next, path);
	bool kept = count > 0 && is_version(folder, language, versions[0], old != NULL ? old : "", len);
	if (result == 0 && !kept)
		result = put_file(folder, path, old != NULL ? old : "", len);
	int error = errno;
	free(old);
	for (int i = TEXTS_VERSIONS - !kept; result == 0 && i < count; i++)
		if (make_version_path(folder, language, versions[i], path) == 0)
			unlink(path);
	errno = error;
	return result;
}

/* Puts a file in place, or removes it if it has no octets. */
static int
put_or_remove(const struct folder *folder, const char *path, const char *octets, size_t len)
{
	if (len > 0)
		return put_file(folder, path, octets, len);
	return unlink(path) < 0 && errno != ENOENT ? -1 : 0;
}

/*
 * The source first: a crash between the two leaves a source that is not
 * compiled, which is reported, and no text is lost.
 */
static int
folder_replace(struct texts *texts, const char *language, const struct texts_change *change)
{
	struct folder *folder = (struct folder *)texts;
	char po[PATH_MAX], mo[PATH_MAX], messages[PATH_MAX];
	size_t compiled_len = change->source_len > 0 ? change->compiled_len : 0;
	if (make_path(folder, language, po_name, po) < 0 || make_path(folder, language, mo_name, mo) < 0 ||
	    make_path(folder, language, "", messages) < 0)
		return -1;
	if (make_folders(folder, language) < 0 || (!folder->copy && keep_version(folder, language, change) < 0))
		return -1;
	if (put_or_remove(folder, po, change->source, change->source_len) < 0 ||
	    put_or_remove(folder, mo, change->compiled, compiled_len) < 0)
		return -1;
	return folder->copy ? 0 : file_sync_folder(messages);
}

static void
folder_close(struct texts *texts)
{
	struct folder *folder = (struct folder *)texts;
	if (folder->lock >= 0)
		close(folder->lock);
	free(folder);
}

static bool
exists(const struct folder *folder, const char *language, const char *file)
{
	char path[PATH_MAX];
	return make_path(folder, language, file, path) == 0 && access(path, F_OK) == 0;
}

static int
compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
is_shown(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* The names in a folder, in order. Returns how many there are, 0 if there is no such folder, or -1 with errno. */
static int
list(const char *path, struct dirent ***names)
{
	int count = scandir(path, names, is_shown, compare_names);
	if (count < 0)
		*names = NULL;
	return count < 0 && errno == ENOENT ? 0 : count;
}

static void
free_names(struct dirent **names, int count)
{
	for (int i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static int
folder_each_language(struct texts *texts, texts_language_fn *call, void *context)
{
	struct folder *folder = (struct folder *)texts;
	struct dirent **names;
	int count = list(folder->path, &names);
	for (int i = 0; i < count; i++) {
		const char *name = names[i]->d_name;
		if (ftg_language_valid(name) && (exists(folder, name, po_name) || exists(folder, name, mo_name)))
			call(context, name);
	}
	free_names(names, count);
	return count < 0 ? -1 : 0;
}

static int
folder_each_domain(struct texts *texts, texts_domain_fn *call, void *context)
{
	struct folder *folder = (struct folder *)texts;
	struct dirent **names;
	int count = list(folder->root, &names);
	for (int i = 0; i < count; i++)
		if (load_is_domain(names[i]->d_name))
			call(context, names[i]->d_name + 1);
	free_names(names, count);
	return count < 0 ? -1 : 0;
}

static bool
is_catalogue(const char *name)
{
	size_t len = strlen(name);
	return len > 3 && (strcmp(name + len - 3, ".po") == 0 || strcmp(name + len - 3, ".mo") == 0);
}

/* Reports catalogues in a folder that no server looks into: except, if it is not NULL, the names of own texts. */
static void
report_files(const char *path, bool own_names, texts_stray_fn *call, void *context)
{
	struct dirent **names;
	int count = list(path, &names);
	for (int i = 0; i < count; i++) {
		char file[PATH_MAX];
		const char *name = names[i]->d_name;
		bool own = own_names && (strcmp(name, po_name) == 0 || strcmp(name, mo_name) == 0);
		if (is_catalogue(name) && !own && snprintf(file, sizeof file, "%s/%s", path, name) < (int)sizeof file)
			call(context, TEXTS_NO_LANGUAGE, file);
	}
	free_names(names, count);
}

/* A folder beside the others: of a language, or of none. */
static void
report_folder(const struct folder *folder, const char *name, texts_stray_fn *call, void *context)
{
	char path[PATH_MAX];
	bool language = ftg_language_valid(name);
	if (snprintf(path, sizeof path, "%s/%s", folder->path, name) < (int)sizeof path)
		report_files(path, false, call, context);
	if (make_path(folder, name, "", path) == 0)
		report_files(path, language, call, context);
	bool po = exists(folder, name, po_name), mo = exists(folder, name, mo_name);
	if (language && po != mo && make_path(folder, name, po ? po_name : mo_name, path) == 0)
		call(context, po ? TEXTS_NOT_COMPILED : TEXTS_NO_SOURCE, path);
}

/* A folder beside those of languages that begins with "@", of a domain or of none. */
static void
report_domain(const struct folder *folder, const char *name, texts_stray_fn *call, void *context)
{
	char path[PATH_MAX];
	if (!load_is_domain(name) && snprintf(path, sizeof path, "%s/%s", folder->path, name) < (int)sizeof path)
		call(context, TEXTS_NO_DOMAIN, path);
}

static int
folder_each_stray(struct texts *texts, texts_stray_fn *call, void *context)
{
	struct folder *folder = (struct folder *)texts;
	struct dirent **names;
	report_files(folder->path, false, call, context);
	int count = list(folder->path, &names);
	for (int i = 0; i < count; i++)
		(names[i]->d_name[0] == '@' ? report_domain : report_folder)(folder, names[i]->d_name, call, context);
	free_names(names, count);
	return count < 0 ? -1 : 0;
}

static struct texts *
open_folder(const char *path, const char *domain, bool copy)
{
	static const struct texts_ops ops = {
		.lock = folder_lock,
		.each_domain = folder_each_domain,
		.each_language = folder_each_language,
		.read = folder_read,
		.read_compiled = folder_read_compiled,
		.name = folder_name,
		.each_version = folder_each_version,
		.replace = folder_replace,
		.each_stray = folder_each_stray,
		.close = folder_close,
	};
	struct folder *folder = calloc(1, sizeof *folder);
	if (folder == NULL)
		return NULL;
	*folder = (struct folder) { .texts = { &ops }, .lock = -1, .copy = copy };
	int root = snprintf(folder->root, sizeof folder->root, "%s", path);
	int len = snprintf(folder->path, sizeof folder->path, "%s%s%s", path, domain != NULL ? "/@" : "",
	    domain != NULL ? domain : "");
	if (root < (int)sizeof folder->root && len < (int)sizeof folder->path)
		return &folder->texts;
	free(folder);
	errno = ENAMETOOLONG;
	return NULL;
}

struct texts *
texts_folder_open(const char *path, const char *domain)
{
	return open_folder(path, domain, false);
}

struct texts *
texts_folder_open_copy(const char *path, const char *domain)
{
	return open_folder(path, domain, true);
}
