/* Reads passwords from a terminal or from standard input. */
#include "cmd/ctl/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/output/charset.h"

enum { QUESTION_SIZE = 512 };

bool
prompt_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Reads a line without its end, octet by octet, so that no octet behind it is consumed and no copy is left. */
static int
read_line(int file, char line[PROMPT_SIZE])
{
	size_t len = 0;
	ssize_t got;
	while ((got = read(file, line + len, 1)) == 1 && line[len] != '\n') {
		if (line[len] == '\0')
			return ctl_fail(EX_DATAERR, _("the password holds a NUL; choose another one"));
		if (++len == PROMPT_SIZE)
			return ctl_fail(EX_DATAERR, _("the password is longer than 255 octets; choose a shorter one"));
	}
	if (got < 0)
		return ctl_fail(EX_IOERR, _("the password cannot be read: %s"), strerror(errno));
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	char decoded[PROMPT_SIZE];
	if (charset_decode(line, decoded, sizeof decoded))
		memcpy(line, decoded, sizeof decoded);
	explicit_bzero(decoded, sizeof decoded);
	return EX_OK;
}

int
prompt_read(char password[PROMPT_SIZE])
{
	int status = read_line(STDIN_FILENO, password);
	if (status == EX_OK && *password == '\0')
		return ctl_fail(EX_DATAERR,
		    _("the first line of standard input is empty; for an account without a password: --no-password"));
	return status;
}

/* The terminal of the prompt, whose echo a signal handler turns on again. */
static int terminal = -1;
static struct termios before;

static void
restore_terminal(int signal)
{
	tcsetattr(terminal, TCSANOW, &before);
	_exit(128 + signal);
}

static const int fatal_signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

static void
catch_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };
	for (size_t i = 0; i < sizeof fatal_signals / sizeof *fatal_signals; i++)
		sigaction(fatal_signals[i], &action, NULL);
}

static int
ask(char password[PROMPT_SIZE], const char *question)
{
	dprintf(terminal, "%s", question);
	return read_line(terminal, password);
}

static int
ask_twice(char password[PROMPT_SIZE], const char *account)
{
	char again[PROMPT_SIZE], question[QUESTION_SIZE];
	snprintf(question, sizeof question, _("New password of %s: "), account);
	int status = ask(password, question);
	if (status == EX_OK && *password == '\0')
		status = ctl_fail(
		    EX_DATAERR, _("the password is empty; for an account without a password: --no-password"));
	snprintf(question, sizeof question, _("Repeat the password of %s: "), account);
	if (status == EX_OK)
		status = ask(again, question);
	if (status == EX_OK && strcmp(password, again) != 0)
		status = ctl_fail(EX_DATAERR, _("the two passwords differ; nothing was changed"));
	explicit_bzero(again, sizeof again);
	return status;
}

int
prompt_password(char password[PROMPT_SIZE], const char *account)
{
	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0 || tcgetattr(terminal, &before) < 0)
		return ctl_fail(EX_NOINPUT,
		    _("there is no terminal to ask for the password at; use --password-stdin or --no-password"));
	struct termios silent = before;
	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= ECHONL;
	catch_signals(restore_terminal);
	tcsetattr(terminal, TCSAFLUSH, &silent);
	int status = ask_twice(password, account);
	tcsetattr(terminal, TCSAFLUSH, &before);
	catch_signals(SIG_DFL);
	close(terminal);
	return status;
}
