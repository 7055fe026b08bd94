/* Where trace reads the log: files, their rotated predecessors, standard input, the journal. */
#include "cmd/ctl/trace/source.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text/text_buffer.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/trace/child.h"
#include "cmd/ctl/trace/journal.h"
#include "cmd/ctl/trace/rotated.h"

enum { COPY_SIZE = 64 * 1024, WORD_SIZE = 256, USER_SIZE = sizeof "_UID=4294967295" };

/* A file that can be read again; the journal has none. */
struct source {
	char *name;
	int file; /* -1: the journal */
	bool compressed;
};

static bool
report(const char *name, int error)
{
	ctl_fail(0, "%s: %s", name, strerror(error));
	return false;
}

static bool
append(struct sources *sources, const char *name, int file)
{
	static const unsigned char magic[2] = { 0x1F, 0x8B }; /* RFC 1952 section 2.3.1 */
	unsigned char start[2] = { 0, 0 };
	if (sources->count == sources->room) {
		size_t room = sources->room == 0 ? 8 : 2 * sources->room;
		struct source *source = reallocarray(sources->source, room, sizeof *source);
		if (source == NULL)
			return report(name, ENOMEM);
		sources->source = source;
		sources->room = room;
	}
	char *copy = strdup(name);
	if (copy == NULL)
		return report(name, ENOMEM);
	bool compressed = file >= 0 && pread(file, start, 2, 0) == 2 && memcmp(start, magic, 2) == 0;
	sources->source[sources->count++] = (struct source) { copy, file, compressed };
	return true;
}

/* Copies what can be read only once. Returns a descriptor, or -1 with errno. */
static int
copy_to_file(int from)
{
	char block[COPY_SIZE];
	FILE *to = tmpfile();
	ssize_t got = 0;
	bool fine = to != NULL;
	while (fine && (got = TEMP_FAILURE_RETRY(read(from, block, sizeof block))) > 0)
		fine = fwrite(block, 1, (size_t)got, to) == (size_t)got;
	fine = fine && got == 0 && fflush(to) == 0;
	int copy = fine ? fcntl(fileno(to), F_DUPFD_CLOEXEC, 0) : -1;
	int error = errno;
	if (to != NULL)
		fclose(to);
	errno = error;
	return copy;
}

/* Takes the descriptor. */
static bool
add_open(struct sources *sources, const char *name, int file)
{
	int copy = file;
	if (file >= 0 && lseek(file, 0, SEEK_SET) < 0) {
		copy = copy_to_file(file);
		close(file);
	}
	if (copy < 0)
		return report(name, errno);
	if (append(sources, name, copy))
		return true;
	close(copy);
	return false;
}

/* Called for each rotated file. */
static bool
add_file(void *context, const char *path)
{
	return add_open(context, path, open(path, O_RDONLY | O_CLOEXEC));
}

bool
sources_add(struct sources *sources, const char *name)
{
	struct stat status = { 0 };
	if (strcmp(name, "-") == 0)
		return add_open(sources, _("standard input"), fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0));
	if (strcmp(name, "journal") == 0 || strncmp(name, "journal:", 8) == 0)
		return append(sources, name, -1);
	if (stat(name, &status) == 0 && S_ISDIR(status.st_mode))
		return report(name, EISDIR);
	return (!S_ISREG(status.st_mode) || rotated_find(name, add_file, sources)) && add_file(sources, name);
}

void
sources_names(const struct sources *sources, char *text, size_t size)
{
	struct text_buffer buffer = { .text = text, .size = size };
	text[0] = '\0';
	for (size_t i = 0; i < sources->count; i++)
		text_buffer_put(&buffer, "%s%s", i > 0 ? ", " : "", sources->source[i].name);
}

static bool
read_lines(struct input *input, source_line *line, void *context)
{
	const char *text;
	size_t len;
	while (input_line(input, &text, &len))
		line(context, NULL, text, len);
	return !input->failed;
}

/* Reads the output of a program. */
static bool
read_child(const char *name, const char *const words[], int file,
    bool (*read_output)(struct input *input, source_line *line, void *context), source_line *line, void *context)
{
	static struct input input;
	struct child child;
	int error = child_start(&child, words, file);
	if (error != 0) {
		/* TRANSLATORS: a program; why it cannot be started. */
		ctl_fail(0, _("%s: %s; install it, or name a log that needs no such program by --log"), words[0],
		    strerror(error));
		return false;
	}
	input_open(&input, child.output);
	bool fine = read_output(&input, line, context);
	fine = child_finish(&child) && fine;
	if (!fine)
		/* TRANSLATORS: a program; a file. */
		ctl_fail(0, _("%s cannot read %s"), words[0], name);
	return fine;
}

static bool
read_journal(const char *name, const char *since, source_line *line, void *context)
{
	char file[WORD_SIZE + 16], begin[WORD_SIZE], own[USER_SIZE], service[USER_SIZE];
	const struct passwd *user = getpwnam("ftgate");
	snprintf(own, sizeof own, "_UID=%u", (unsigned)geteuid());
	snprintf(service, sizeof service, "_UID=%u", (unsigned)(user == NULL ? geteuid() : user->pw_uid));
	/* Any user can send the identifier: without a unit, the user that the journal adds counts. */
	const char *words[16] = { "journalctl", "--quiet", "--no-pager", "--output=export", "--output-fields=MESSAGE",
		"_SYSTEMD_UNIT=ftgate-smtpd.service", "_SYSTEMD_UNIT=ftgate-pop3d.service", "+",
		"SYSLOG_IDENTIFIER=ftgate-smtpd", "SYSLOG_IDENTIFIER=ftgate-pop3d", own, service };
	size_t count = 12;
	if (name[strlen("journal")] == ':') {
		if (snprintf(file, sizeof file, "--file=%s", name + strlen("journal:")) >= (int)sizeof file)
			return report(name, ENAMETOOLONG);
		words[count++] = file;
	}
	if (since != NULL) {
		snprintf(
		    begin, sizeof begin, "--since=%.10s %.8s UTC", since, strlen(since) > 11 ? since + 11 : "00:00");
		words[count++] = begin;
	}
	return read_child(name, words, -1, journal_read, line, context);
}

static bool
read_one(const struct source *source, const char *since, source_line *line, void *context)
{
	static struct input input;
	if (source->file < 0)
		return read_journal(source->name, since, line, context);
	if (lseek(source->file, 0, SEEK_SET) < 0)
		return report(source->name, errno);
	if (source->compressed)
		return read_child(source->name, (const char *const[]) { "gzip", "-dc", NULL }, source->file, read_lines,
		    line, context);
	input_open(&input, source->file);
	return read_lines(&input, line, context) || report(source->name, errno);
}

bool
sources_read(struct sources *sources, const char *since, source_line *line, void *context)
{
	for (size_t i = 0; i < sources->count; i++)
		if (!read_one(&sources->source[i], since, line, context))
			return false;
	return true;
}

void
sources_close(struct sources *sources)
{
	for (size_t i = 0; i < sources->count; i++) {
		if (sources->source[i].file >= 0)
			close(sources->source[i].file);
		free(sources->source[i].name);
	}
	free(sources->source);
	*sources = (struct sources) { 0 };
}
