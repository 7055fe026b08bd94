/* A password from standard input: never from the command line, where others can read it. */
#include "cmd/password.h"

#include <stdio.h>
#include <string.h>

#include "mail/password.h"

enum { LINE_SIZE = CREDENTIALS_PASSWORD_MAX + 2 };

static bool
fail(char error[PASSWORD_ERROR_SIZE], const char *why)
{
	snprintf(error, PASSWORD_ERROR_SIZE, "%s", why);
	return false;
}

/* Reads a line; its end is taken off. Octet by octet, so that no more copies are made of it. */
static bool
read_line(char line[LINE_SIZE], char error[PASSWORD_ERROR_SIZE])
{
	size_t len = 0;
	int c;
	setvbuf(stdin, NULL, _IONBF, 0);
	while ((c = getchar()) != EOF && c != '\n') {
		if (c == '\0')
			return fail(error, "the password holds a NUL");
		if (len == LINE_SIZE - 1)
			return fail(error, "the password is longer than 255 octets");
		line[len++] = (char)c;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	line[len] = '\0';
	return len > 0 || fail(error, "the password on standard input is empty");
}

static bool
make(struct credentials *credentials, const char *line, char error[PASSWORD_ERROR_SIZE])
{
	switch (password_make(credentials, line, false)) {
	case PASSWORD_OK: return true;
	case PASSWORD_UNFIT:
		return fail(
		    error, "the password is too long, no UTF-8, or has characters that SASL forbids (RFC 4013)");
	default: return fail(error, "the password cannot be hashed: no memory, or no random numbers");
	}
}

bool
password_from_input(struct credentials *credentials, char error[PASSWORD_ERROR_SIZE])
{
	char line[LINE_SIZE];
	bool done = read_line(line, error) && make(credentials, line, error);
	explicit_bzero(line, sizeof line);
	return done;
}
