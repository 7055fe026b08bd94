/* The authserv-id of an Authentication-Results field. */
#include "message/authserv.h"

#include <string.h>

#include "base/address/idna.h"
#include "base/text/ascii.h"

/* Passes over white space and comments, which nest (RFC 5322 section 3.2.2). Returns len if a comment does not end. */
static size_t
skip_comments(const char *value, size_t len)
{
	size_t at = 0;
	for (unsigned depth = 0; at < len; at++) {
		char c = value[at];
		if (depth > 0 && c == '\\')
			at++;
		else if (c == '(')
			depth++;
		else if (depth > 0 && c == ')')
			depth--;
		else if (depth == 0 && !ascii_is_space(c))
			break;
	}
	return at < len ? at : len;
}

static bool
ends_id(char c)
{
	return ascii_is_space(c) || c == ';' || c == '(';
}

static bool
is_of_host(char c)
{
	return ascii_is_alnum(c) || c == '.' || c == '-' || c == '_' || (unsigned char)c >= 0x80;
}

/*
 * Reads a quoted string without its quotes, or a token. Returns its length; 0 if there is none, it is cut, or it is no host
 * name. Programs differ in what they make of the latter, such as an encoded word.
 */
static size_t
read_id(char id[DNS_NAME_SIZE], const char *value, size_t len, bool whole)
{
	size_t at = 0, used = 0;
	bool quoted = len > 0 && value[0] == '"';
	for (at = quoted; at < len; at++) {
		char c = value[at];
		if (quoted ? c == '"' : ends_id(c))
			break;
		if (quoted && c == '\\' && ++at < len)
			c = value[at];
		if (!is_of_host(c) || used == DNS_NAME_SIZE - 1)
			return 0;
		id[used++] = c;
	}
	id[used] = '\0';
	if (at >= len)
		return quoted || !whole ? 0 : used;
	if (quoted && at + 1 < len && !ends_id(value[at + 1]))
		return 0;
	return quoted && at + 1 == len && !whole ? 0 : used;
}

static bool
is_same(const char *id, const char *host)
{
	char a[DNS_NAME_SIZE], b[DNS_NAME_SIZE];
	size_t len = strlen(host);
	if (strlen(id) == len && ascii_equal(id, host, len))
		return true;
	return (idna_is_needed(id) || idna_is_needed(host)) && idna_to_ascii(a, id) && idna_to_ascii(b, host) &&
	    strcmp(a, b) == 0;
}

bool
authserv_may_be(const char *value, size_t len, bool whole, const char *host)
{
	char id[DNS_NAME_SIZE];
	size_t at = skip_comments(value, len);
	size_t id_len = read_id(id, value + at, len - at, whole);
	if (id_len > 0 && id[id_len - 1] == '.')
		id[--id_len] = '\0';
	return id_len == 0 || is_same(id, host);
}

static bool
is_name(const char *name, size_t len, const char *known)
{
	return len == strlen(known) && ascii_equal(name, known, len);
}

/* rspamd and ClamAV begin names of fields so, and rules of users for their mail trust these. */
static bool
is_mark(const char *name, size_t len)
{
	static const char *const marks[] = { "X-Spam", "X-Virus", "X-Rspamd" };
	for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
		size_t mark_len = strlen(marks[i]);
		if (len >= mark_len && ascii_equal(name, marks[i], mark_len))
			return true;
	}
	return false;
}

bool
authserv_is_forged(
    const char *name, size_t name_len, const char *value, size_t len, bool whole, const char *host, bool user)
{
	if (is_name(name, name_len, "Authentication-Results"))
		return authserv_may_be(value, len, whole, host);
	return !user && (is_mark(name, name_len) || is_name(name, name_len, "Received-SPF"));
}
