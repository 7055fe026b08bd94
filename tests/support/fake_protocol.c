/* A protocol of one-letter commands for tests of streams: each line is a command, and is answered by a line. */
#include "fake_protocol.h"

#include <stdlib.h>
#include <string.h>

struct fake fake;

static void
say(struct fake_session *session, const char *text)
{
	stream_send(session->stream, text, strlen(text));
}

static bool
enter(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words)
{
	(void)protocol, (void)stream, (void)words;
	fake.entered += fake.refuse == 0;
	return fake.refuse == 0;
}

static void
leave(const struct protocol *protocol, const struct stream *stream)
{
	(void)protocol, (void)stream;
	fake.left++;
}

static void
speak(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice)
{
	(void)protocol, (void)session, (void)generation, (void)voice;
}

static void *
open_session(const struct protocol *protocol, struct stream *stream)
{
	struct fake_session *session = calloc(1, sizeof *session);
	(void)protocol;
	session->stream = stream;
	session->last = FTG_IDS;
	session->next = fake.first;
	fake.first = session;
	return session;
}

static void
free_session(void *session)
{
	struct fake_session **at = &fake.first;
	while (*at != session)
		at = &(*at)->next;
	*at = (*at)->next;
	fake.freed++;
	free(session);
}

static void
greet(void *session)
{
	say(session, "hello\n");
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	(void)session, (void)version, (void)cipher;
	fake.encrypted++;
}

static void
run(struct fake_session *session)
{
	session->commands++;
	switch (session->line[0]) {
	case 'd': session->message = true; return;
	case 'w': session->busy = true; return;
	case 'q': session->closed = true; break;
	case 'l': session->parts = fake.parts; return;
	case 's':
		say(session, "ok\n");
		stream_encrypt(session->stream);
		return;
	case 'a': session->admitted = true; break;
	default: break;
	}
	say(session, "ok\n");
}

/* A message ends at a line that is a dot. */
static void
end_line(struct fake_session *session)
{
	bool dot = session->line_len == 1 && session->line[0] == '.';
	session->line_len = 0;
	if (!session->message) {
		run(session);
	} else if (dot) {
		session->message = false;
		say(session, "taken\n");
	}
}

static size_t
feed(void *context, const char *octets, size_t len)
{
	struct fake_session *session = context;
	size_t taken = 0;
	while (taken < len && !session->busy && !session->closed && session->parts == 0) {
		char octet = octets[taken++];
		session->octets += session->message;
		if (octet == '\n')
			end_line(session);
		else if (session->line_len < sizeof session->line)
			session->line[session->line_len++] = octet;
		if (session->stream->input.discard)
			break;
	}
	return taken;
}

static bool
busy(const void *session)
{
	return ((const struct fake_session *)session)->busy;
}

static bool
sending(const void *session)
{
	return ((const struct fake_session *)session)->parts > 0;
}

static void
more(void *context)
{
	static const char part[FAKE_PART] = "part";
	struct fake_session *session = context;
	session->parts--;
	session->sent++;
	stream_send(session->stream, part, sizeof part);
}

static bool
closed(const void *session)
{
	return ((const struct fake_session *)session)->closed;
}

static bool
in_transaction(const void *session)
{
	return ((const struct fake_session *)session)->message;
}

static bool
admitted(const void *session)
{
	return ((const struct fake_session *)session)->admitted;
}

static void
end(void *context, enum ftg_id last)
{
	struct fake_session *session = context;
	session->last = last;
	session->closed = true;
	say(session, "bye\n");
}

static void
look_ahead(void *session, const char *bytes, size_t len)
{
	char *ahead = ((struct fake_session *)session)->ahead;
	snprintf(ahead, sizeof fake.first->ahead, "%.*s", (int)len, bytes);
}

struct protocol fake_protocol;

void
fake_protocol_reset(void)
{
	fake = (struct fake) { 0 };
	fake_protocol = (struct protocol) {
		.enter = enter,
		.leave = leave,
		.speak = speak,
		.open = open_session,
		.free = free_session,
		.greet = greet,
		.encrypted = encrypted,
		.feed = feed,
		.look_ahead = look_ahead,
		.busy = busy,
		.sending = sending,
		.more = more,
		.closed = closed,
		.in_transaction = in_transaction,
		.admitted = admitted,
		.end = end,
		.timeout = FTG_SMTP_TIMEOUT,
		.shutdown = FTG_SMTP_SHUTDOWN,
		.overload = FTG_SMTP_OVERLOAD,
		.early = ERR_SMTP_SYSTEM_ZOMBIE,
	};
}

void
fake_finish(struct fake_session *session)
{
	session->busy = false;
	say(session, "done\n");
	stream_resume(session->stream);
}
