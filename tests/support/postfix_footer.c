/* What Postfix makes of a footer. */
#include "postfix_footer.h"

#include <stdio.h>
#include <string.h>

static size_t
head_len(const char *reply)
{
	size_t len = 4 + strspn(reply + 4, "0123456789.");
	return reply[len] == ' ' && len > 4 ? len + 1 : 4;
}

bool
postfix_footer(char wire[POSTFIX_FOOTER_SIZE], const char *reply, const char *footer, size_t len)
{
	size_t used = (size_t)sprintf(wire, "%s", reply), head = head_len(reply);
	bool joined = len >= 2 && memcmp(footer, "\\c", 2) == 0, begins = !joined;
	for (size_t at = joined ? 2 : 0; at < len || begins; at++) {
		if (begins)
			used += (size_t)sprintf(wire + used, "\r\n%.*s", (int)head, reply);
		begins = false;
		if (at == len)
			break;
		if (len - at >= 2 && memcmp(footer + at, "\\n", 2) == 0) {
			begins = true;
			at++;
			continue;
		}
		if (footer[at] == '$' && (++at == len || footer[at] != '$'))
			return false;
		wire[used++] = footer[at];
	}
	used += (size_t)sprintf(wire + used, "\r\n");
	char *last = wire;
	for (char *line = wire; *line != '\0'; line = strstr(line, "\r\n") + 2) {
		line[3] = '-';
		last = line;
	}
	last[3] = ' ';
	return true;
}
