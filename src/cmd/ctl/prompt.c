/* Passwords as people give them: at a terminal or on standard input, never on the command line, where others can read. */
#include "cmd/ctl/prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "cmd/ctl/ctl.h"

bool
prompt_is_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

/* Reads a line without its end, octet by octet, so that nothing behind it is taken and no more copies are made. */
static int
read_line(int file, char line[PROMPT_SIZE])
{
	size_t len = 0;
	ssize_t got;
	while ((got = read(file, line + len, 1)) == 1 && line[len] != '\n') {
		if (line[len] == '\0')
			return ctl_fail(EX_DATAERR, "the password holds a NUL; choose another one");
		if (++len == PROMPT_SIZE)
			return ctl_fail(EX_DATAERR, "the password is longer than 255 octets; choose a shorter one");
	}
	if (got < 0)
		return ctl_fail(EX_IOERR, "the password cannot be read: %s", strerror(errno));
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return EX_OK;
}

int
prompt_read(char password[PROMPT_SIZE])
{
	int status = read_line(STDIN_FILENO, password);
	if (status == EX_OK && *password == '\0')
		return ctl_fail(EX_DATAERR, "standard input begins with no password; for none at all: --no-password");
	return status;
}

/* The terminal of the prompt, for the signal that would leave it mute. */
static int terminal = -1;
static struct termios before;

static void
give_back(int signal)
{
	tcsetattr(terminal, TCSANOW, &before);
	_exit(128 + signal);
}

static const int deadly[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
enum { DEADLY = sizeof deadly / sizeof *deadly };

static void
catch_signals(void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };
	for (size_t i = 0; i < DEADLY; i++)
		sigaction(deadly[i], &action, NULL);
}

static int
ask(char password[PROMPT_SIZE], const char *question, const char *account)
{
	dprintf(terminal, "%s %s: ", question, account);
	return read_line(terminal, password);
}

static int
ask_twice(char password[PROMPT_SIZE], const char *account)
{
	char again[PROMPT_SIZE];
	int status = ask(password, "New password of", account);
	if (status == EX_OK && *password == '\0')
		status = ctl_fail(EX_DATAERR, "that is empty; for an account that nobody may log in to: --no-password");
	if (status == EX_OK)
		status = ask(again, "Once more, that of", account);
	if (status == EX_OK && strcmp(password, again) != 0)
		status = ctl_fail(EX_DATAERR, "these were two passwords; nothing is changed");
	explicit_bzero(again, sizeof again);
	return status;
}

int
prompt_password(char password[PROMPT_SIZE], const char *account)
{
	terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0 || tcgetattr(terminal, &before) < 0)
		return ctl_fail(EX_NOINPUT,
		    "there is no terminal to ask for the password at; use --password-stdin or --no-password");
	struct termios mute = before;
	mute.c_lflag &= ~(tcflag_t)ECHO;
	mute.c_lflag |= ECHONL;
	catch_signals(give_back);
	tcsetattr(terminal, TCSAFLUSH, &mute);
	int status = ask_twice(password, account);
	tcsetattr(terminal, TCSAFLUSH, &before);
	catch_signals(SIG_DFL);
	close(terminal);
	return status;
}
