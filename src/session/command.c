/* Takes a command line apart, and recognises the lines of other protocols. */
#include "session/command.h"

static struct span
trim(struct span span)
{
	while (span.len > 0 && span.text[span.len - 1] == ' ')
		span.len--;
	for (; span.len > 0 && *span.text == ' '; span.len--)
		span.text++;
	return span;
}

struct command_line
command_split(const char *text, size_t len)
{
	const char *space = len > 0 ? memchr(text, ' ', len) : NULL;
	size_t verb = space != NULL ? (size_t)(space - text) : len;
	size_t behind = space != NULL ? verb + 1 : len;
	struct command_line line = { .verb = { text, verb }, .raw = { text + behind, len - behind } };

	line.argument = trim(line.raw);
	return line;
}

/* The methods of RFC 9110 section 9, PATCH (RFC 5789), and the opening of HTTP/2 (RFC 9113 section 3.4). */
static bool
is_http(struct span verb)
{
	static const char *const methods[] = { "GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "CONNECT", "TRACE",
		"PATCH", "PRI" };

	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
		if (span_equals(verb, methods[i]))
			return true;
	return false;
}

/* "Name: " as browsers and mail programs write it (RFC 5322 section 2.2, RFC 9110 section 5). */
static bool
is_field(struct span verb)
{
	return verb.len > 1 && verb.text[verb.len - 1] == ':';
}

const char *
command_foreign(struct span line)
{
	if (line.len == 0)
		return NULL;
	struct span verb = command_split(line.text, line.len).verb;
	if (is_http(verb))
		return "http-request";
	if (line.len >= strlen("SSH-") && memcmp(line.text, "SSH-", strlen("SSH-")) == 0)
		return "ssh";
	return is_field(verb) ? "message-header" : NULL;
}
