/* The path of the Maildir of a mailbox. */
#include "store/maildir.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"

static bool
is_safe(char c, bool first)
{
	if (c == '.')
		return !first;
	return ascii_is_alnum(c) || c == '_' || c == '-' || c == '+' || c == '=';
}

/* Writes a name as one element of a path and returns its end. There must be room for three octets for each. */
static char *
put_name(char *at, const char *name)
{
	static const char hex[] = "0123456789ABCDEF";
	for (const char *c = name; *c != '\0'; c++) {
		if (is_safe(*c, c == name)) {
			*at++ = ascii_lower(*c);
		} else {
			*at++ = '%';
			*at++ = hex[(unsigned char)*c >> 4];
			*at++ = hex[(unsigned char)*c & 15];
		}
	}
	*at = '\0';
	return at;
}

int
maildir_path(char path[MAILDIR_PATH_SIZE], const struct mailbox *mailbox)
{
	char folder[3 * ADDRESS_DOMAIN_MAX + 1];
	struct address address;
	size_t len = strlen(mailbox->address);
	path[0] = '\0';
	if (address_parse(&address, mailbox->address, len, false, true) != ADDRESS_OK || address.local[0] == '\0') {
		errno = EINVAL;
		return -1;
	}
	put_name(folder, address.domain);
	if (strlen(folder) > ADDRESS_DOMAIN_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	int end = snprintf(path, ADDRESS_DOMAIN_MAX + 2, "%s/", folder);
	put_name(path + end, address.local);
	return 0;
}
