/* ftgatectl text edit: an editor for the own texts, whose result is checked before it is used, as visudo(8) does. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/file.h"
#include "base/translate.h"

/* The copy that is edited. */
struct copy {
	char path[TEXT_PATH];
	char *octets; /* after the editor has ended */
	size_t len;
};

static int
fill_new(struct text_work *work, int file)
{
	static const char hint[] =
	    "# Own texts of this server: see \"Replies in your own words\" in operators.md. An entry has this form:\n#\n"
	    "# msgctxt \"ERR_SMTP_ADDRESS_UNKNOWN\"\n# msgid \"%s unknown mailbox\"\n# msgstr \"Your words for %s\"\n#\n"
	    "# ftgate-msg list prints the IDs with their English texts.\n";
	char rule[512];
	size_t len;
	text_plural_forms(work, rule, sizeof rule);
	char *header = po_file_new(work->language, rule, &len);
	int result = header == NULL || file_write(file, hint, sizeof hint - 1) < 0 || file_write(file, header, len) < 0;
	free(header);
	return result ? -1 : 0;
}

/* Writes what is to be edited to a file that only this user can read. */
static int
make_copy(struct text_work *work, struct copy *copy)
{
	const char *folder = getenv("TMPDIR");
	snprintf(copy->path, sizeof copy->path, "%s/ftgate-text-XXXXXX.po",
	    folder != NULL && *folder == '/' ? folder : "/tmp");
	int file = mkstemps(copy->path, 3);
	if (file < 0)
		return ctl_fail(EX_CANTCREAT, "%s: %s", copy->path, strerror(errno));
	int result = work->len > 0 ? file_write(file, work->octets, work->len) : fill_new(work, file);
	int error = errno;
	close(file);
	return result < 0 ? ctl_fail(EX_IOERR, "%s: %s", copy->path, strerror(error)) : EX_OK;
}

/* The editor of the user, whose value can have arguments. Signals of the terminal are for it alone, as in system(3). */
static int
run_editor(const char *path)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, interrupt, quit;
	int result;
	fflush(NULL);
	sigaction(SIGINT, &ignore, &interrupt);
	sigaction(SIGQUIT, &ignore, &quit);
	pid_t child = fork();
	if (child == 0) {
		sigaction(SIGINT, &interrupt, NULL);
		sigaction(SIGQUIT, &quit, NULL);
		execl("/bin/sh", "sh", "-c", "exec ${VISUAL:-${EDITOR:-vi}} \"$1\"", "sh", path, (char *)NULL);
		_exit(127);
	}
	while ((result = child < 0                      ? -1
	               : waitpid(child, &result, 0) < 0 ? -1
	                                                : result) < 0 &&
	    child > 0 && errno == EINTR)
		continue;
	sigaction(SIGINT, &interrupt, NULL);
	sigaction(SIGQUIT, &quit, NULL);
	if (result == 0)
		return EX_OK;
	return ctl_fail(
	    EX_UNAVAILABLE, "%s", _("nothing is changed: the editor failed; set EDITOR to one that is installed"));
}

static int
read_copy(struct copy *copy)
{
	free(copy->octets);
	copy->octets = NULL;
	int file = open(copy->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file >= 0) {
		copy->octets = file_read(file, TEXTS_SIZE, &copy->len);
		int error = errno;
		close(file);
		errno = error;
	}
	return copy->octets != NULL ? EX_OK : ctl_fail(EX_NOINPUT, "%s: %s", copy->path, strerror(errno));
}

/* Whether to edit again. Without an answer the change is given up. */
static bool
ask(void)
{
	char *line = NULL;
	size_t size = 0;
	bool again = false;
	for (bool asking = true; asking;) {
		/* TRANSLATORS: leave the letters e and x. */
		fputs(_("What now? e: edit again, x: exit without saving: "), stderr);
		fflush(stderr);
		asking = getline(&line, &size, stdin) > 0;
		again = asking && (line[0] == 'e' || line[0] == 'E');
		asking = asking && strchr("eExX", line[0]) == NULL;
	}
	free(line);
	return again;
}

/* Edits until the result is accepted or given up. */
static int
edit(struct text_work *work, struct copy *copy)
{
	for (;;) {
		int status = run_editor(copy->path);
		if (status == EX_OK)
			status = read_copy(copy);
		if (status == EX_OK && copy->len == work->len && memcmp(copy->octets, work->octets, work->len) == 0) {
			puts(_("nothing is changed"));
			return EX_OK;
		}
		if (status == EX_OK)
			status = text_check(work, copy->path, copy->octets, copy->len);
		if (status != TEXT_REFUSED || !ask())
			return status;
	}
}

int
text_edit(struct request *request)
{
	struct text_work work;
	struct copy copy = { .len = 0 };
	int status = text_open(&work, request, true);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK)
		status = make_copy(&work, &copy);
	if (status == EX_OK)
		status = edit(&work, &copy);
	if (status == EX_OK && (copy.len != work.len || memcmp(copy.octets, work.octets, work.len) != 0))
		status = text_commit(&work, work.texts->ops->name(work.texts, work.language), copy.octets, copy.len);
	if (copy.path[0] != '\0')
		unlink(copy.path);
	free(copy.octets);
	text_close(&work);
	return status;
}
