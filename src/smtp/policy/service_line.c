/* Adds the fields that policy services request to the header of a message. */
#include <stdlib.h>
#include <string.h>

#include "smtp/policy/service.h"

enum { LINE_MAX_OCTETS = 998 }; /* RFC 5322 section 2.1.1, without CRLF */

/* Is it a name (RFC 5322 section 2.2), a colon, and the rest of one line? */
static bool
is_field(const char *field)
{
	size_t name = 0;

	while (field[name] > ' ' && field[name] < 0x7F && field[name] != ':')
		name++;
	return name > 0 && field[name] == ':' && strlen(field) <= LINE_MAX_OCTETS;
}

static bool
is_there(const char *lines, const char *line, size_t len)
{
	for (const char *at = lines; *at != '\0'; at = strchr(at, '\n') + 1)
		if (strncmp(at, line, len) == 0)
			return true;
	return false;
}

/* Without SMTPUTF8 the header of a message is ASCII. */
static size_t
write_line(char *line, const char *field, bool utf8)
{
	size_t len = 0;

	for (; field[len] != '\0'; len++)
		line[len] = utf8 || (field[len] >= ' ' && field[len] < 0x7F) ? field[len] : '?';
	memcpy(line + len, "\r\n", 3);
	return len + 2;
}

bool
service_line_add(struct envelope *envelope, const char *field)
{
	char line[LINE_MAX_OCTETS + 3];

	if (!is_field(field))
		return false;
	size_t len = write_line(line, field, envelope->utf8);
	size_t before = envelope->lines == NULL ? 0 : strlen(envelope->lines);
	if (before > 0 && is_there(envelope->lines, line, len))
		return true;
	if (before + len > ENVELOPE_LINES_MAX)
		return false;
	char *lines = realloc(envelope->lines, before + len + 1);
	if (lines == NULL)
		return false;
	memcpy(lines + before, line, len + 1);
	envelope->lines = lines;
	return true;
}
