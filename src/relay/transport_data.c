/* Sends a message file: CR LF for each LF, dots doubled (RFC 5321 section 4.5.2), and the dot that ends it. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "relay/transport_internal.h"

enum { BLOCK = 16384 };

struct sender {
	struct exchange *exchange;
	bool line_start;
	size_t used;
	char out[2 * BLOCK + 8];
};

/* A CR in the file ends no line, and must not look as if it did to the other server: it becomes a space. */
static void
put_block(struct sender *s, const char *octets, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (octets[i] == '\n')
			s->out[s->used++] = '\r';
		else if (octets[i] == '.' && s->line_start)
			s->out[s->used++] = '.';
		s->out[s->used++] = (char)(octets[i] == '\r' ? ' ' : octets[i]);
		s->line_start = octets[i] == '\n';
	}
}

static bool
send_out(struct sender *s)
{
	struct exchange *e = s->exchange;
	size_t len = s->used;
	s->used = 0;
	return peer_send(&e->peer, s->out, len, e->transport->times.reply);
}

/* A file that cannot be read to its end leaves the message without one: the connection is broken off. */
bool
exchange_send_message(struct exchange *e)
{
	struct sender s = { .exchange = e, .line_start = true };
	char block[BLOCK];
	off_t at = (off_t)e->transport->skip;
	ssize_t len;
	while ((len = TEMP_FAILURE_RETRY(pread(e->transport->message, block, sizeof block, at))) > 0) {
		at += len;
		put_block(&s, block, (size_t)len);
		if (!send_out(&s))
			return false;
	}
	if (len < 0) {
		e->peer.fault = "the message cannot be read";
		return false;
	}
	if (!s.line_start) {
		memcpy(s.out + s.used, "\r\n", 2);
		s.used += 2;
	}
	memcpy(s.out + s.used, ".\r\n", 3);
	s.used += 3;
	return send_out(&s);
}
