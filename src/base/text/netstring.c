/* Netstrings: the frames of the socketmap protocol. */
#include "base/text/netstring.h"

#include <assert.h>
#include <stdio.h>

#include "base/text/ascii.h"

/* Leading zeros are not permitted, so the digits are bounded by max. */
ssize_t
netstring_read(const char *octets, size_t count, size_t max, const char **text, size_t *len)
{
	size_t at = 0;
	*len = 0;
	for (; at < count && ascii_is_digit(octets[at]); at++) {
		*len = 10 * *len + (size_t)(octets[at] - '0');
		if (*len > max || (at == 1 && octets[0] == '0'))
			return -1;
	}
	if (at == count)
		return 0;
	if (at == 0 || octets[at] != ':')
		return -1;
	*text = octets + at + 1;
	if (count - at - 1 < *len + 1)
		return 0;
	return (*text)[*len] == ',' ? (ssize_t)(at + 1 + *len + 1) : -1;
}

size_t
netstring_head(char head[NETSTRING_HEAD_SIZE], size_t len)
{
	assert(len <= NETSTRING_MAX);
	return (size_t)snprintf(head, NETSTRING_HEAD_SIZE, "%zu:", len);
}
