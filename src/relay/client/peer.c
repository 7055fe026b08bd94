/* The SMTP dialogue with a server as octets: commands are collected, replies are parsed. Does no I/O. Replies are hostile. */
#include "relay/client/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/printable.h"

char *
peer_space(struct peer *peer, size_t *room)
{
	memmove(peer->in, peer->in + peer->at, peer->used - peer->at);
	peer->used -= peer->at;
	peer->at = 0;
	*room = sizeof peer->in - peer->used;
	return peer->in + peer->used;
}

void
peer_filled(struct peer *peer, size_t len)
{
	peer->used += len;
}

bool
peer_is_empty(const struct peer *peer)
{
	return peer->at == peer->used && !peer->cut;
}

void
peer_discard(struct peer *peer)
{
	peer->at = peer->used = 0;
	peer->partial = peer->cut = false;
}

static enum peer_state
fail(struct peer *peer, const char *fault)
{
	peer->fault = fault;
	return PEER_FAULT;
}

/* The three digits that a line of a reply begins with; -1: it is no line of a reply. */
static int
code_of(const char *line, size_t len)
{
	bool digits = len >= 3 && ascii_is_digit(line[0]) && ascii_is_digit(line[1]) && ascii_is_digit(line[2]);
	if (!digits || (len > 3 && line[3] != ' ' && line[3] != '-'))
		return -1;
	return 100 * (line[0] - '0') + 10 * (line[1] - '0') + line[2] - '0';
}

static void
keep(struct peer_reply *reply, const char *text, size_t len)
{
	if (reply->len > 0 && reply->len < PEER_TEXT_MAX)
		reply->text[reply->len++] = '\n';
	reply->len += printable_mask(reply->text + reply->len, sizeof reply->text - reply->len, text, len);
}

/* A second digit above 5 is not in RFC 5321 4.2, but servers with 560 exist. */
static bool
is_valid(int code)
{
	return code >= 200 && code <= 599;
}

/*
 * A line without its end. PEER_REPLY: it is the last one. Postfix's postscreen(8) sends "220-" and, to a client that it
 * blocks, a last line with another code: the last line counts.
 */
static enum peer_state
add_line(struct peer *peer, struct peer_reply *reply, const char *line, size_t len)
{
	int code = code_of(line, len);
	bool last = len <= 3 || line[3] == ' ';
	if (code < 0 || (!last && !is_valid(code))) {
		peer->strange = true;
		return PEER_MORE;
	}
	if (!is_valid(code))
		return fail(peer, "its reply is not an SMTP reply");
	if (code != reply->code)
		reply->len = 0;
	reply->code = code;
	keep(reply, line + 4, len > 4 ? len - 4 : 0);
	return last ? PEER_REPLY : PEER_MORE;
}

static void
begin_reply(struct peer *peer, struct peer_reply *reply)
{
	if (peer->partial)
		return;
	reply->code = 0;
	reply->len = 0;
	reply->text[0] = '\0';
	peer->octets = 0;
	peer->partial = true;
	peer->strange = false;
}

/* The next line, without LF, of which PEER_LINE_MAX octets are read; NULL: its end is missing. */
static const char *
next_line(struct peer *peer, size_t *len)
{
	const char *line = peer->in + peer->at;
	size_t there = peer->used - peer->at;
	const char *end = memchr(line, '\n', there);
	bool rest = peer->cut, full = end == NULL && there == sizeof peer->in;
	if (end == NULL && !rest && !full)
		return NULL;
	*len = end != NULL ? (size_t)(end - line) : there;
	peer->at += *len + (end != NULL);
	peer->octets += *len + (end != NULL);
	peer->cut = end == NULL;
	return rest ? NULL : line;
}

enum peer_state
peer_next(struct peer *peer, struct peer_reply *reply)
{
	enum peer_state state = PEER_MORE;
	begin_reply(peer, reply);
	while (peer->fault == NULL && state == PEER_MORE) {
		size_t len, at = peer->at;
		const char *line = next_line(peer, &len);
		if (line != NULL)
			state = add_line(peer, reply, line, len - (len > 0 && line[len - 1] == '\r'));
		else if (peer->at == at)
			return PEER_MORE;
		if (state == PEER_MORE && peer->octets > PEER_REPLY_MAX)
			return fail(peer, "its reply is too long");
	}
	peer->partial = false;
	return peer->fault != NULL ? PEER_FAULT : state;
}

void
peer_cut_short(struct peer *peer, struct peer_reply *reply)
{
	const char *line = peer->in + peer->at;
	size_t len = peer->used - peer->at;
	if (peer->partial && !peer->cut && is_valid(code_of(line, len)))
		(void)add_line(peer, reply, line, len - (line[len - 1] == '\r'));
}

bool
peer_has_room(const struct peer *peer)
{
	return peer->out + PEER_COMMAND_MAX <= sizeof peer->commands;
}

static bool
is_one_line(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			return false;
	return true;
}

void
peer_put(struct peer *peer, const char *format, ...)
{
	char *line = peer->commands + peer->out;
	size_t room = sizeof peer->commands - peer->out;
	va_list arguments;
	va_start(arguments, format);
	int len = vsnprintf(line, room, format, arguments);
	va_end(arguments);
	if (len < 0 || (size_t)len + 2 > room || !is_one_line(line, (size_t)len)) {
		(void)fail(peer, "a command to it cannot be written");
		return;
	}
	memcpy(line + len, "\r\n", 2);
	peer->out += (size_t)len + 2;
}
