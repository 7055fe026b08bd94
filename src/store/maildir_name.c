/* The names of Maildirs, and the addresses that they are of. */
#include "store/maildir.h"

#include <stdio.h>
#include <string.h>

#include "base/ascii.h"

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

bool
maildir_path(char path[MAILBOX_PATH_SIZE], const char *domain, const char *local)
{
	char folder[3 * ADDRESS_DOMAIN_MAX + 1];
	size_t domain_len = strlen(domain);
	size_t local_len = strlen(local);
	if (domain_len == 0 || domain_len > ADDRESS_DOMAIN_MAX || local_len == 0 || local_len > ADDRESS_LOCAL_MAX)
		return false;
	put_name(folder, domain);
	int len = snprintf(path, ADDRESS_DOMAIN_MAX + 2, "%s/", folder);
	if (len > ADDRESS_DOMAIN_MAX + 1)
		return false;
	put_name(path + len, local);
	return true;
}

static int
hex_digit(char c)
{
	if (ascii_is_digit(c))
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One element of a path as a name, up to a slash or the end. Returns what is behind it; NULL where it is none. */
static const char *
take_name(char *name, size_t size, const char *at)
{
	size_t len = 0;
	for (; *at != '\0' && *at != '/' && len + 1 < size; at++, len++) {
		name[len] = *at;
		if (*at != '%')
			continue;
		int high = hex_digit(at[1]), low = high < 0 ? -1 : hex_digit(at[2]);
		if (low < 0)
			return NULL;
		name[len] = (char)(high << 4 | low);
		at += 2;
	}
	name[len] = '\0';
	return len > 0 && strlen(name) == len ? at : NULL;
}

bool
maildir_address(char text[ADDRESS_TEXT_SIZE], const char *path)
{
	char domain[ADDRESS_DOMAIN_MAX + 1], local[ADDRESS_LOCAL_MAX + 1];
	const char *at = take_name(domain, sizeof domain, path);
	if (at == NULL || *at != '/')
		return false;
	at = take_name(local, sizeof local, at + 1);
	if (at == NULL || *at != '\0')
		return false;
	address_write(text, local, domain);
	return true;
}
