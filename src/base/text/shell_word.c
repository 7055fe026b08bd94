/* Words of commands that messages advise to run. */
#include "base/text/shell_word.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

static bool
is_plain(const char *word)
{
	bool plain = *word != '\0';
	for (const char *c = word; *c != '\0' && plain; c++)
		plain = (unsigned char)*c >= 0x80 || ascii_is_alnum(*c) || strchr("@%._-+=:,/", *c) != NULL;
	return plain;
}

void
shell_word(char *to, size_t size, const char *word)
{
	static const char escaped[] = "'\\''";
	size_t len = 0;
	if (is_plain(word)) {
		snprintf(to, size, "%s", word);
		return;
	}
	to[len++] = '\'';
	for (const char *c = word; *c != '\0' && len + sizeof escaped + 1 < size; c++)
		if (*c == '\'')
			len += (size_t)snprintf(to + len, size - len, "%s", escaped);
		else
			to[len++] = *c;
	to[len++] = '\'';
	to[len] = '\0';
}
