/* A POP3 session without memory: it says so, goes on, and leaves nothing behind. */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/pop3_fixture.h"

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__wrap_realloc(void *memory, size_t size);
char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
char *__wrap_strndup(const char *text, size_t len);
int __wrap_asprintf(char **text, const char *format, ...);

static int countdown = -1; /* allocations until one fails; -1: none does */

static bool
strikes(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return strikes() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *memory, size_t size)
{
	return strikes() ? NULL : __real_realloc(memory, size);
}

char *
__wrap_strdup(const char *text)
{
	return strikes() ? NULL : __real_strdup(text);
}

char *
__wrap_strndup(const char *text, size_t len)
{
	return strikes() ? NULL : __real_strndup(text, len);
}

int
__wrap_asprintf(char **text, const char *format, ...)
{
	va_list arguments;
	if (strikes())
		return -1;
	va_start(arguments, format);
	int len = vasprintf(text, format, arguments);
	va_end(arguments);
	return len;
}

static void
stamp(char digits[POP3_STAMP_SIZE])
{
	snprintf(digits, POP3_STAMP_SIZE, "1896.697170952");
}

/* Pieces of eight octets make the session keep lines that are not whole. Returns whether an allocation failed. */
static bool
play(struct pop3_fixture *fixture, int nth)
{
	static const char text[] =
	    "CAPA\r\nUSER alice@example.test\r\nPASS secret\r\nAUTH PLAIN AGFsaWNlAHNlY3JldA==\r\nSTAT\r\n"
	    "RETR 1\r\nLIST\r\nDELE 1\r\nQUIT\r\n";
	pop3_fixture_open(fixture, FTG_STRICT);
	fixture->config.plain_in_clear = true;
	fixture->config.stamp = stamp;
	fixture->config.sasl = fixture->fixture.sasl;
	countdown = nth;
	pop3_session_greet(fixture->session);
	pop3_fixture_feed(fixture, text, strlen(text), 8);
	bool struck = countdown == -1;
	countdown = -1;
	return struck;
}

Test(pop3_memory, exhaustion_is_a_temporary_error)
{
	struct pop3_fixture fixture;
	bool more = true;
	int nth = 0;

	for (; more; nth++) {
		more = play(&fixture, nth);
		const char *said = fixture.fixture.output.bytes;
		cr_expect_eq(strncmp(said, "+OK ", 4) == 0, strncmp(said, "-ERR ", 5) != 0, "%s", said);
		if (more)
			cr_expect(strstr(said, "[SYS/TEMP]") != NULL, "allocation %d: %s", nth, said);
		else
			cr_expect_null(strstr(said, "[SYS/TEMP]"), "%s", said);
		pop3_fixture_close(&fixture);
		cr_expect_eq(fake_maildrop.opened, 0);
	}
	cr_expect_gt(nth, 8, "there are some allocations to fail");
}
