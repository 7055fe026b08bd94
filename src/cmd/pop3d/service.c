/* POP3 at a listener: sessions of src/pop3 on streams of src/net. */
#include "cmd/pop3d/service.h"

#include <stdarg.h>
#include <stdlib.h>

#include "net/stream.h"
#include "port/limiter.h"

/* A session and its outlet, which is a stream. */
struct talk {
	struct pop3_outlet outlet;
	struct stream *stream;
	struct pop3_session *session;
	struct session_language language;
};

static struct stream *
stream_of(struct pop3_outlet *outlet)
{
	return ((struct talk *)outlet)->stream;
}

static void
say(struct pop3_outlet *outlet, const struct ftg_reply *reply)
{
	stream_reply(stream_of(outlet), reply);
}

static void
send_octets(struct pop3_outlet *outlet, const char *bytes, size_t len)
{
	stream_send(stream_of(outlet), bytes, len);
}

static bool
is_full(struct pop3_outlet *outlet)
{
	return stream_is_full(stream_of(outlet));
}

static void
prefer(struct pop3_outlet *outlet, enum language_source whose, const char *language)
{
	session_language_prefer(&((struct talk *)outlet)->language, whose, language);
}

static void
utf8(struct pop3_outlet *outlet, bool on)
{
	((struct talk *)outlet)->language.all_utf8 = on;
}

static void
speak_of(struct pop3_outlet *outlet, enum language_source whose, const char *domain)
{
	session_language_speak_of(&((struct talk *)outlet)->language, whose, domain);
}

static struct ftg_voice
voice_of(struct pop3_outlet *outlet)
{
	return stream_voice(stream_of(outlet), NULL);
}

static bool
can_encrypt(struct pop3_outlet *outlet)
{
	return stream_can_encrypt(stream_of(outlet));
}

static void
encrypt_stream(struct pop3_outlet *outlet)
{
	stream_encrypt(stream_of(outlet));
}

static void
resume(struct pop3_outlet *outlet)
{
	stream_resume(stream_of(outlet));
}

static void
note(struct pop3_outlet *outlet, const char *event, ...)
{
	va_list pairs;
	va_start(pairs, event);
	stream_log(stream_of(outlet), event, pairs);
	va_end(pairs);
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
	struct session_language none = { .listener = service->language };
	session_language_voice(session != NULL ? &((struct talk *)session)->language : &none, generation, voice);
}

static void *
open_talk(const struct protocol *protocol, struct stream *stream)
{
	const struct pop3_service *service = (const struct pop3_service *)protocol;
	struct talk *talk = malloc(sizeof *talk);
	if (talk == NULL)
		return NULL;
	stream->owner.key = limiter_key(service->config.limiter, stream->peer);
	talk->outlet = (struct pop3_outlet) {
		.owner = &stream->owner,
		.reply = say,
		.send = send_octets,
		.is_full = is_full,
		.prefer = prefer,
		.speak_of = speak_of,
		.utf8 = utf8,
		.voice = voice_of,
		.can_encrypt = can_encrypt,
		.encrypt = encrypt_stream,
		.resume = resume,
		.log = note,
	};
	talk->stream = stream;
	talk->language = (struct session_language) { .listener = service->language, .utf8 = true };
	talk->session = pop3_session_new(&service->config, stream->peer, &talk->outlet);
	if (talk->session != NULL)
		return talk;
	free(talk);
	return NULL;
}

static void
free_talk(void *session)
{
	pop3_session_free(((struct talk *)session)->session);
	free(session);
}

static void
greet(void *session)
{
	pop3_session_greet(((struct talk *)session)->session);
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	(void)version, (void)cipher;
	pop3_session_encrypted(((struct talk *)session)->session);
}

static size_t
feed(void *session, const char *bytes, size_t len)
{
	return pop3_session_feed(((struct talk *)session)->session, bytes, len);
}

static bool
busy(const void *session)
{
	return pop3_session_busy(((const struct talk *)session)->session);
}

/* During a stop, only a long answer under way gets the grace time. */
static bool
sending(const void *session)
{
	return pop3_session_sending(((const struct talk *)session)->session);
}

static void
more(void *session)
{
	pop3_session_more(((struct talk *)session)->session);
}

static bool
closed(const void *session)
{
	return pop3_session_closed(((const struct talk *)session)->session);
}

static bool
admitted(const void *session)
{
	return pop3_session_admitted(((const struct talk *)session)->session);
}

static void
end(void *session, enum ftg_id last)
{
	pop3_session_end(((struct talk *)session)->session, last);
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
