/* SMTP at a listener: sessions of src/smtp on streams of src/net. */
#include "cmd/smtpd/service.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/server/talk.h"

enum { SEND_BUFFER = 64 * 1024 }; /* replies are short */

static struct smtp_session *
session_of(void *session)
{
	return ((struct talk *)session)->session;
}

static const struct smtp_session *
look_at(const void *session)
{
	return ((const struct talk *)session)->session;
}

static bool
enter(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words)
{
	switch (limiter_enter(((const struct smtp_service *)protocol)->config.limiter, stream->peer)) {
	case LIMITER_WELCOME: return true;
	case LIMITER_TOO_MANY: *words = ftg_reply(FTG_SMTP_OVERLOAD); break;
	case LIMITER_TOO_MANY_HERE:
		*words = ftg_reply_text(ERR_SMTP_REJECT_CONCURRENT, stream->peer, strlen(stream->peer));
		break;
	}
	return false;
}

static void
leave(const struct protocol *protocol, const struct stream *stream)
{
	limiter_leave(((const struct smtp_service *)protocol)->config.limiter, stream->peer);
}

static void
speak(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice)
{
	const struct smtp_service *service = (const struct smtp_service *)protocol;
	talk_voice(session, service->language, generation, voice);
}

static void *
open_talk(const struct protocol *protocol, struct stream *stream)
{
	const struct smtp_service *service = (const struct smtp_service *)protocol;
	const struct smtp_peer peer = { .address = stream->peer, .session = stream->token };
	const struct session_language language = { .listener = service->language, .utf8 = service->utf8 };
	struct talk *talk = talk_new(stream, service->config.limiter, &language);
	if (talk == NULL)
		return NULL;
	talk->session = smtp_session_new(&service->config, &peer, &talk->outlet);
	if (talk->session != NULL)
		return talk;
	free(talk);
	return NULL;
}

static void
free_talk(void *session)
{
	smtp_session_free(session_of(session));
	free(session);
}

static void
greet(void *session)
{
	smtp_session_greet(session_of(session));
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	smtp_session_encrypted(session_of(session), version, cipher);
}

static size_t
feed(void *session, const char *bytes, size_t len)
{
	return smtp_session_feed(session_of(session), bytes, len);
}

static void
look_ahead(void *session, const char *bytes, size_t len)
{
	smtp_session_look_ahead(session_of(session), bytes, len);
}

static bool
busy(const void *session)
{
	return smtp_session_busy(look_at(session));
}

static bool
sending(const void *session)
{
	return smtp_session_sending(look_at(session));
}

static void
more(void *session)
{
	smtp_session_more(session_of(session));
}

static bool
closed(const void *session)
{
	return smtp_session_closed(look_at(session));
}

static bool
in_transaction(const void *session)
{
	return smtp_session_in_transaction(look_at(session));
}

static bool
admitted(const void *session)
{
	return smtp_session_admitted(look_at(session));
}

static void
end(void *session, enum ftg_id last)
{
	smtp_session_end(session_of(session), last);
}

void
smtp_service_open(struct smtp_service *service, const struct limits *limits)
{
	service->protocol = (struct protocol) {
		.enter = enter,
		.leave = leave,
		.speak = speak,
		.open = open_talk,
		.free = free_talk,
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
		.send_buffer = SEND_BUFFER,
		.early = ERR_SMTP_SYSTEM_ZOMBIE,
		.idle = (uint64_t)limits->idle_timeout,
		.whole = (uint64_t)limits->session_timeout,
		.admission = (uint64_t)limits->start_timeout,
		.greeting_delay = (uint64_t)limits->greeting_delay,
		.min_rate = (uint64_t)limits->min_data_rate,
	};
}
