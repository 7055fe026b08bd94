/* Normalises line ends of a message: a bare CR or LF becomes CRLF, a NUL is dropped. */
#include "smtp/normalise.h"

/* Returns the number of octets that need no change. */
static size_t
skip_sound(const char *bytes, size_t len)
{
	size_t i = 0;

	while (i < len) {
		if (bytes[i] == '\r' && i + 1 < len && bytes[i + 1] == '\n')
			i += 2;
		else if (bytes[i] == '\r' || bytes[i] == '\n' || bytes[i] == '\0')
			break;
		else
			i++;
	}
	return i;
}

size_t
normalise(bool *cr, const char *bytes, size_t len, const char **run, size_t *run_len)
{
	bool held = *cr && len > 0;

	*run = bytes;
	*run_len = held ? 0 : skip_sound(bytes, len);
	if (*run_len > 0 || len == 0)
		return *run_len;
	*cr = !held && *bytes == '\r';
	if (held || *bytes == '\n') {
		*run = "\r\n";
		*run_len = 2;
	}
	return !held || *bytes == '\n' ? 1 : 0;
}
