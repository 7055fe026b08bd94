/* Command lines taken apart, and lines of other protocols. */
#include "session/command.h"

#include <criterion/criterion.h>

static struct command_line
split(const char *text)
{
	return command_split(text, strlen(text));
}

static const char *
foreign(const char *text)
{
	const char *word = command_foreign((struct span) { text, strlen(text) });
	return word != NULL ? word : "";
}

#define EXPECT_SPAN(SPAN, TEXT) cr_expect(SPAN.len == strlen(TEXT) && memcmp(SPAN.text, TEXT, SPAN.len) == 0)

Test(command, argument_has_no_spaces_around_it_and_raw_has_all_but_the_first)
{
	EXPECT_SPAN(split("PASS  two words  ").verb, "PASS");
	EXPECT_SPAN(split("PASS  two words  ").argument, "two words");
	EXPECT_SPAN(split("PASS  two words  ").raw, " two words  ");
}

Test(command, line_without_a_space_is_all_verb)
{
	EXPECT_SPAN(split("QUIT").verb, "QUIT");
	EXPECT_SPAN(split("QUIT").argument, "");
	EXPECT_SPAN(split("").verb, "");
	EXPECT_SPAN(split(" QUIT").verb, "");
	EXPECT_SPAN(split(" QUIT").argument, "QUIT");
	EXPECT_SPAN(split("QUIT    ").argument, "");
}

Test(command, http_methods_are_foreign_in_any_case)
{
	static const char *const lines[] = { "GET / HTTP/1.1", "POST / HTTP/1.1", "HEAD / HTTP/1.0", "PUT /x HTTP/1.1",
		"DELETE /x HTTP/1.1", "OPTIONS * HTTP/1.1", "CONNECT mx:25 HTTP/1.1", "TRACE / HTTP/1.1",
		"PATCH /x HTTP/1.1", "PRI * HTTP/2.0", "get /", "GET" };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_str_eq(foreign(lines[i]), "http-request", "%s", lines[i]);
}

Test(command, header_fields_and_ssh_are_foreign)
{
	cr_expect_str_eq(foreign("Host: mx.example.org"), "message-header");
	cr_expect_str_eq(foreign("Content-Length: 12"), "message-header");
	cr_expect_str_eq(foreign("Subject:"), "message-header");
	cr_expect_str_eq(foreign("SSH-2.0-OpenSSH_9.2p1"), "ssh");
}

Test(command, commands_are_not_foreign)
{
	static const char *const lines[] = { "MAIL FROM:<a@example.org>", "RCPT TO:<a@example.org>", "EHLO [IPv6:::1]",
		"NOOP", "", " Host: x", "QUIT", "TOP 1 0", "DELE 1", "GETX", ":", "MAILFROM:<a@example.org>", "PUTTY",
		"AUTH PLAIN AA==" };

	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		cr_expect_str_eq(foreign(lines[i]), "", "%s", lines[i]);
}
