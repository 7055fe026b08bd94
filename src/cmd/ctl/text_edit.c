/* ftgatectl text edit: an editor for the own texts, whose result is checked before it is used, as visudo(8) does. */
#include "cmd/ctl/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/system/file.h"
#include "base/text/translate.h"
#include "cmd/ctl/text_copy.h"

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
	snprintf(copy->path, sizeof copy->path, "%s/ftgate-text-XXXXXX.po", text_temporary_folder());
	int file = mkstemps(copy->path, 3);
	if (file < 0)
		return ctl_fail(EX_CANTCREAT, "%s: %s", copy->path, strerror(errno));
	int result = work->len > 0 ? file_write(file, work->octets, work->len) : fill_new(work, file);
	int error = errno;
	close(file);
	return result < 0 ? ctl_fail(EX_IOERR, "%s: %s", copy->path, strerror(error)) : EX_OK;
}

static const int signals[] = { SIGINT, SIGQUIT, SIGTERM, SIGHUP };

/* A signal interrupts the prompt, so that the copy is removed. exec(3) restores the default action for the editor. */
static void
on_signal(int signal)
{
	(void)signal;
}

static void
catch_signals(void)
{
	const struct sigaction action = { .sa_handler = on_signal };
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
}

/*
 * Blocks these signals, so that none is lost between the prompt and the wait for the answer. *before gets the old mask.
 */
static void
block_signals(sigset_t *before)
{
	sigset_t set;
	sigemptyset(&set);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaddset(&set, signals[i]);
	sigprocmask(SIG_BLOCK, &set, before);
}

/* Waits for the editor, whatever signals come meanwhile: those of the terminal are for it, too. */
static bool
wait_for(pid_t child)
{
	int result = -1;
	while (waitpid(child, &result, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(result) && WEXITSTATUS(result) == 0;
}

/* The editor of the user, whose value can have arguments; else the first one that is installed. */
static int
run_editor(const char *path)
{
	static const char command[] = "e=${VISUAL:-$EDITOR}\n"
	                              "for i in sensible-editor editor vi nano; do\n"
	                              "  [ -n \"$e\" ] || ! command -v $i >/dev/null || e=$i\n"
	                              "done\n"
	                              "exec ${e:-vi} \"$1\"";
	fflush(NULL);
	pid_t child = fork();
	if (child == 0) {
		execl("/bin/sh", "sh", "-c", command, "sh", path, (char *)NULL);
		_exit(127);
	}
	if (child > 0 && wait_for(child))
		return EX_OK;
	const struct passwd *user = getpwuid(geteuid());
	/* TRANSLATORS: the name of a user, who may be another one than runs ftgatectl. */
	return ctl_fail(EX_UNAVAILABLE, _("nothing is changed: the editor failed; set EDITOR to one that %s can run"),
	    user != NULL ? user->pw_name : "ftgate");
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

/* Reads a line of standard input and returns its first octet; 0 at its end, at an error, or if a signal comes first. */
static char
read_answer(const sigset_t *mask)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char octet = '\n', first = '\n';
	for (size_t len = 0; len == 0 || octet != '\n'; len++) {
		if (ppoll(&input, 1, NULL, mask) < 0 || read(STDIN_FILENO, &octet, 1) != 1)
			return '\0';
		first = len == 0 ? octet : first;
	}
	return first;
}

/* Whether to edit again. Without an answer the change is given up. */
static bool
ask(void)
{
	sigset_t mask;
	char answer;
	block_signals(&mask);
	do {
		/* TRANSLATORS: leave the letters e and x. */
		fputs(_("What now? e: edit again, x: exit without saving: "), stderr);
		fflush(stderr);
		answer = read_answer(&mask);
	} while (answer != '\0' && strchr("eExX", answer) == NULL);
	if (answer == '\0')
		fputc('\n', stderr);
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return answer == 'e' || answer == 'E';
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
	catch_signals();
	int status = text_open(&work, request, true);
	if (status == EX_OK)
		status = text_use(&work, request->words[0]);
	if (status == EX_OK)
		status = make_copy(&work, &copy);
	if (status == EX_OK)
		status = edit(&work, &copy);
	bool edited = status == EX_OK;
	if (status == EX_OK && (copy.len != work.len || memcmp(copy.octets, work.octets, work.len) != 0))
		status = text_commit(&work, work.texts->ops->name(work.texts, work.language), copy.octets, copy.len);
	/* Keeps the edited text if another operator changed the texts first, or the database is unavailable. */
	if (edited && status != EX_OK && request->database != NULL)
		ctl_fail(status, _("your texts are kept in %s"), copy.path);
	else if (copy.path[0] != '\0')
		unlink(copy.path);
	free(copy.octets);
	text_close(&work);
	return status;
}
