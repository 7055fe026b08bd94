/* Parses answers to HTTP/1.0 requests. */
#include "peer/http_answer.h"

#include <stdint.h>
#include <string.h>

#include "base/text/ascii.h"

/* "HTTP/1.1 200 OK": the version is the server's own (RFC 9110 section 2.5). */
static bool
read_status(unsigned *status, const char *line, size_t len)
{
	static const char start[] = "HTTP/1.";
	const size_t at = sizeof start + 1;

	if (len < at + 3 || memcmp(line, start, sizeof start - 1) != 0 || !ascii_is_digit(line[at - 2]) ||
	    line[at - 1] != ' ' || line[at] < '1' || (len > at + 3 && line[at + 3] != ' '))
		return false;
	*status = 0;
	for (size_t i = at; i < at + 3; i++) {
		if (!ascii_is_digit(line[i]))
			return false;
		*status = 10 * *status + (unsigned)(line[i] - '0');
	}
	return true;
}

/* Is this the field of that name? Stores its value without surrounding white space. */
static bool
is_field(const char *line, size_t len, const char *name, const char **value, size_t *value_len)
{
	size_t at = strlen(name);

	if (len <= at || line[at] != ':' || !ascii_equal(line, name, at))
		return false;
	for (at++; at < len && (line[at] == ' ' || line[at] == '\t'); at++)
		;
	while (len > at && (line[len - 1] == ' ' || line[len - 1] == '\t'))
		len--;
	*value = line + at;
	*value_len = len - at;
	return true;
}

static bool
read_length(size_t *length, const char *digits, size_t len)
{
	size_t number = 0;

	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_digit(digits[i]) || number > (SIZE_MAX - 9) / 10)
			return false;
		number = 10 * number + (size_t)(digits[i] - '0');
	}
	*length = number;
	return len > 0;
}

/* The length of the body by the lines of the header, each with its CRLF; SIZE_MAX if there is none. */
static bool
read_header(size_t *length, const char *at, const char *end)
{
	const char *value;
	size_t value_len, told;

	*length = SIZE_MAX;
	while (at < end) {
		const char *crlf = memmem(at, (size_t)(end - at), "\r\n", 2);
		size_t len = (size_t)(crlf - at);
		if (is_field(at, len, "Transfer-Encoding", &value, &value_len))
			return false;
		if (is_field(at, len, "Content-Length", &value, &value_len)) {
			if (!read_length(&told, value, value_len) || (*length != SIZE_MAX && *length != told))
				return false;
			*length = told;
		}
		at = crlf + 2;
	}
	return true;
}

enum http_progress
http_answer_read(struct http_answer *answer, const char *octets, size_t len, bool ended)
{
	const char *line_end = len > 0 ? memmem(octets, len, "\r\n", 2) : NULL;
	const char *header_end = line_end != NULL ? memmem(line_end, len - (size_t)(line_end - octets), "\r\n\r\n", 4)
	                                          : NULL;
	size_t length;

	if (header_end == NULL)
		return ended ? HTTP_CUT_OFF : HTTP_MORE;
	if (!read_status(&answer->status, octets, (size_t)(line_end - octets)) ||
	    !read_header(&length, line_end + 2, header_end + 2))
		return HTTP_BAD;
	answer->body = header_end + 4;
	answer->len = len - (size_t)(answer->body - octets);
	if (answer->len < length && (!ended || length != SIZE_MAX))
		return ended ? HTTP_CUT_OFF : HTTP_MORE;
	answer->len = answer->len < length ? answer->len : length;
	return HTTP_WHOLE;
}
