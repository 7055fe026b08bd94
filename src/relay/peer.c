/* The other end of a connection, a server: lines of commands go out, replies come in, and those are hostile. */
#include "relay/peer.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/ascii.h"

int64_t
peer_now(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool
fail(struct peer *peer, const char *fault)
{
	peer->fault = fault;
	return false;
}

static bool
fail_by(struct peer *peer, int error)
{
	switch (error) {
	case ETIMEDOUT: return fail(peer, "no answer in time");
	case ECANCELED: return fail(peer, "this server is stopping");
	case ECONNRESET:
	case EPIPE: return fail(peer, "the connection was broken off");
	default: return fail(peer, "the connection failed");
	}
}

/* How long may it take until then, and until the end of all? */
static int
left_until(const struct peer *peer, int64_t until)
{
	if (peer->deadline != 0 && peer->deadline < until)
		until = peer->deadline;
	int64_t left = until - peer_now();
	return left > 0 ? (int)left : 0;
}

static bool
fill(struct peer *peer, int64_t until)
{
	int wait = left_until(peer, until);
	if (wait == 0)
		return fail_by(peer, ETIMEDOUT);
	ssize_t got = peer->channel->ops->read(
	    peer->channel, peer->in + peer->used, sizeof peer->in - peer->used, wait);
	if (got < 0)
		return fail_by(peer, errno);
	if (got == 0)
		return fail(peer, "the connection was closed");
	peer->used += (size_t)got;
	return true;
}

/* The next line with its LF, which stays in peer->in until the next call. Its length, or 0. */
static size_t
next_line(struct peer *peer, const char **line, int64_t until)
{
	memmove(peer->in, peer->in + peer->at, peer->used - peer->at);
	peer->used -= peer->at;
	peer->at = 0;
	char *end;
	while ((end = memchr(peer->in, '\n', peer->used)) == NULL) {
		if (peer->used == sizeof peer->in) {
			(void)fail(peer, "a line of its reply is too long");
			return 0;
		}
		if (!fill(peer, until))
			return 0;
	}
	peer->at = (size_t)(end - peer->in) + 1;
	*line = peer->in;
	return peer->at;
}

/* 0 where no code begins the line. Second digits above 5 are not of RFC 5321 4.2, but there are servers with 560. */
static int
code_of(const char *line, size_t len)
{
	bool digits = len >= 3 && line[0] >= '2' && line[0] <= '5' && ascii_is_digit(line[1]) &&
	    ascii_is_digit(line[2]);
	if (!digits || (len > 3 && line[3] != ' ' && line[3] != '-'))
		return 0;
	return 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
}

static void
keep(struct peer_reply *reply, const char *text, size_t len)
{
	if (reply->len > 0 && reply->len < PEER_TEXT_MAX)
		reply->text[reply->len++] = '\n';
	for (size_t i = 0; i < len && reply->len < PEER_TEXT_MAX; i++)
		reply->text[reply->len++] = (char)(text[i] >= 0x20 && text[i] < 0x7F ? text[i] : '?');
	reply->text[reply->len] = '\0';
}

bool
peer_read(struct peer *peer, struct peer_reply *reply, int wait)
{
	int64_t until = peer_now() + wait;
	size_t octets = 0;
	*reply = (struct peer_reply) { 0 };
	for (;;) {
		const char *line;
		size_t len = peer->fault == NULL ? next_line(peer, &line, until) : 0;
		if (len == 0)
			return false;
		octets += len--;
		len -= len > 0 && line[len - 1] == '\r';
		int code = code_of(line, len);
		if (code == 0 || (reply->code != 0 && code != reply->code))
			return fail(peer, "its reply is no reply of SMTP");
		if (octets > PEER_REPLY_MAX)
			return fail(peer, "its reply is too long");
		reply->code = code;
		keep(reply, line + 4, len > 4 ? len - 4 : 0);
		if (len <= 3 || line[3] == ' ')
			return true;
	}
}

bool
peer_send(struct peer *peer, const char *octets, size_t len, int wait)
{
	if (peer->fault != NULL || (peer->out > 0 && !peer_flush(peer, wait)))
		return false;
	int left = left_until(peer, peer_now() + wait);
	if (left == 0)
		return fail_by(peer, ETIMEDOUT);
	return peer->channel->ops->write(peer->channel, octets, len, left) == 0 || fail_by(peer, errno);
}

bool
peer_flush(struct peer *peer, int wait)
{
	size_t len = peer->out;
	peer->out = 0;
	return peer_send(peer, peer->commands, len, wait);
}

static bool
is_one_line(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			return false;
	return true;
}

bool
peer_put(struct peer *peer, int wait, const char *format, ...)
{
	char line[PEER_OUT];
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(line, sizeof line, format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len > sizeof line - 2 || !is_one_line(line, (size_t)len))
		return fail(peer, "a command to it cannot be written");
	if (peer->out + (size_t)len + 2 > sizeof peer->commands && !peer_flush(peer, wait))
		return false;
	memcpy(peer->commands + peer->out, line, (size_t)len);
	memcpy(peer->commands + peer->out + len, "\r\n", 2);
	peer->out += (size_t)len + 2;
	return true;
}
