/* Messages as they go over the wire (RFC 1939 section 3): lines end with CRLF, and a dot is put before one that begins one. */
#include "store/wire.h"

#include <string.h>

/* A line has come to its end. The first empty one divides header and body. */
static void
end_line(struct wire *wire)
{
	if (wire->body)
		wire->lines--;
	else
		wire->body = wire->line_len == 0 || (wire->line_len == 1 && wire->cr);
	wire->full = wire->body && wire->lines == 0;
	wire->line_len = 0;
	wire->cr = false;
}

size_t
wire_put(struct wire *wire, char *to, const char *from, size_t len)
{
	char *at = to;
	for (const char *end = from + len; from < end && !wire->full;) {
		const char *stop = memchr(from, '\n', (size_t)(end - from));
		size_t run = (size_t)((stop == NULL ? end : stop) - from);
		if (wire->line_len == 0 && *from == '.')
			*at++ = '.';
		memcpy(at, from, run);
		at += run;
		from += run;
		wire->line_len += run;
		if (run > 0)
			wire->cr = from[-1] == '\r';
		if (stop == NULL)
			break;
		if (!wire->cr)
			*at++ = '\r';
		*at++ = *from++;
		end_line(wire);
	}
	return (size_t)(at - to);
}

size_t
wire_end(struct wire *wire, char *to)
{
	char *at = to;
	if (wire->line_len == 0)
		return 0;
	if (!wire->cr)
		*at++ = '\r';
	*at++ = '\n';
	end_line(wire);
	return (size_t)(at - to);
}

void
wire_count(struct wire_count *count, const char *from, size_t len)
{
	const char *end = from + len;
	count->octets += len;
	for (const char *at = from; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		count->octets += (at > from ? at[-1] : count->last) != '\r';
	if (len > 0)
		count->last = end[-1];
}

uint64_t
wire_count_end(const struct wire_count *count)
{
	if (count->octets == 0 || count->last == '\n')
		return count->octets;
	return count->octets + (count->last == '\r' ? 1 : 2);
}
