/* POP3 at a listener: sessions of src/pop3 on streams of src/net. */
#include "cmd/pop3d/service.h"

#include <stdlib.h>

#include "cmd/server/talk.h"

static struct pop3_session *
session_of(void *session)
{
	return ((struct talk *)session)->session;
}

static const struct pop3_session *
look_at(const void *session)
{
	return ((const struct talk *)session)->session;
}

static bool
enter(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words)
{
	switch (limiter_enter(((const struct pop3_service *)protocol)->config.limiter, stream->peer)) {
	case LIMITER_WELCOME: return true;
	case LIMITER_TOO_MANY: *words = ftg_reply(FTG_POP_OVERLOAD); break;
	case LIMITER_TOO_MANY_HERE: *words = ftg_reply(ERR_POP_CONCURRENT); break;
	}
	return false;
}

static void
leave(const struct protocol *protocol, const struct stream *stream)
{
	limiter_leave(((const struct pop3_service *)protocol)->config.limiter, stream->peer);
}

/* A language that the client chooses by LANG is spoken in UTF-8 (RFC 6856 section 3.2). */
static void
speak(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice)
{
	const struct pop3_service *service = (const struct pop3_service *)protocol;
	talk_voice(session, service->language, generation, voice);
}

static void *
open_talk(const struct protocol *protocol, struct stream *stream)
{
	const struct pop3_service *service = (const struct pop3_service *)protocol;
	const struct session_language language = { .listener = service->language, .utf8 = true };
	struct talk *talk = talk_new(stream, service->config.limiter, &language);
	if (talk == NULL)
		return NULL;
	talk->session = pop3_session_new(&service->config, stream->peer, &talk->outlet);
	if (talk->session != NULL)
		return talk;
	free(talk);
	return NULL;
}

static void
free_talk(void *session)
{
	pop3_session_free(session_of(session));
	free(session);
}

static void
greet(void *session)
{
	pop3_session_greet(session_of(session));
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	(void)version, (void)cipher;
	pop3_session_encrypted(session_of(session));
}

static size_t
feed(void *session, const char *bytes, size_t len)
{
	return pop3_session_feed(session_of(session), bytes, len);
}

static bool
busy(const void *session)
{
	return pop3_session_busy(look_at(session));
}

/* During a stop, only a long answer under way gets the grace time. */
static bool
sending(const void *session)
{
	return pop3_session_sending(look_at(session));
}

static void
more(void *session)
{
	pop3_session_more(session_of(session));
}

static bool
closed(const void *session)
{
	return pop3_session_closed(look_at(session));
}

static bool
admitted(const void *session)
{
	return pop3_session_admitted(look_at(session));
}

static void
end(void *session, enum ftg_id last)
{
	pop3_session_end(session_of(session), last);
}

/* Autologout is silent (RFC 1939 section 3). There is no time before the greeting, in which a client could be early. */
void
pop3_service_open(struct pop3_service *service, const struct pop3_settings *settings)
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
		.busy = busy,
		.sending = sending,
		.more = more,
		.closed = closed,
		.in_transaction = sending,
		.admitted = admitted,
		.end = end,
		.timeout = FTG_IDS,
		.shutdown = FTG_POP_SHUTDOWN,
		.overload = FTG_POP_OVERLOAD,
		.early = FTG_POP_ERRORS,
		.idle = (uint64_t)settings->idle_timeout,
		.admission = (uint64_t)settings->login_timeout,
	};
}
