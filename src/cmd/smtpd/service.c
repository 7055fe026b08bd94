/* SMTP at a listener: sessions of src/smtp on streams of src/net. */
#include "cmd/smtpd/service.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "net/stream.h"
#include "port/limiter.h"

enum { SEND_BUFFER = 64 * 1024 }; /* replies are short */

/* A session and its outlet, which is a stream. */
struct talk {
	struct smtp_outlet outlet;
	struct stream *stream;
	struct smtp_session *session;
	struct session_language language;
};

static struct stream *
stream_of(struct smtp_outlet *outlet)
{
	return ((struct talk *)outlet)->stream;
}

static void
say(struct smtp_outlet *outlet, const struct ftg_reply *reply)
{
	stream_reply(stream_of(outlet), reply);
}

static void
send_octets(struct smtp_outlet *outlet, const char *bytes, size_t len)
{
	stream_send(stream_of(outlet), bytes, len);
}

static void
prefer(struct smtp_outlet *outlet, enum language_source whose, const char *language)
{
	session_language_prefer(&((struct talk *)outlet)->language, whose, language);
}

static void
speak_of(struct smtp_outlet *outlet, enum language_source whose, const char *domain)
{
	session_language_speak_of(&((struct talk *)outlet)->language, whose, domain);
}

static struct ftg_voice
voice_of(struct smtp_outlet *outlet)
{
	return stream_voice(stream_of(outlet), NULL);
}

static void
resume(struct smtp_outlet *outlet)
{
	stream_resume(stream_of(outlet));
}

static bool
can_encrypt(struct smtp_outlet *outlet)
{
	return stream_can_encrypt(stream_of(outlet));
}

static void
encrypt_stream(struct smtp_outlet *outlet)
{
	stream_encrypt(stream_of(outlet));
}

static void
wait(struct smtp_outlet *outlet, int64_t milliseconds, struct job *job)
{
	stream_wait(stream_of(outlet), milliseconds, job);
}

static void
note(struct smtp_outlet *outlet, const char *event, ...)
{
	va_list pairs;
	va_start(pairs, event);
	stream_log(stream_of(outlet), event, pairs);
	va_end(pairs);
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
	struct session_language none = { .listener = service->language };
	session_language_voice(session != NULL ? &((struct talk *)session)->language : &none, generation, voice);
}

static void *
open_talk(const struct protocol *protocol, struct stream *stream)
{
	const struct smtp_service *service = (const struct smtp_service *)protocol;
	const struct smtp_peer peer = { .address = stream->peer, .session = stream->token };
	struct talk *talk = malloc(sizeof *talk);
	if (talk == NULL)
		return NULL;
	stream->owner.key = limiter_key(service->config.limiter, stream->peer);
	talk->outlet = (struct smtp_outlet) {
		.owner = &stream->owner,
		.reply = say,
		.send = send_octets,
		.prefer = prefer,
		.speak_of = speak_of,
		.voice = voice_of,
		.wait = wait,
		.can_encrypt = can_encrypt,
		.encrypt = encrypt_stream,
		.resume = resume,
		.log = note,
	};
	talk->stream = stream;
	talk->language = (struct session_language) { .listener = service->language, .utf8 = service->utf8 };
	talk->session = smtp_session_new(&service->config, &peer, &talk->outlet);
	if (talk->session != NULL)
		return talk;
	free(talk);
	return NULL;
}

static void
free_talk(void *session)
{
	smtp_session_free(((struct talk *)session)->session);
	free(session);
}

static void
greet(void *session)
{
	smtp_session_greet(((struct talk *)session)->session);
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	smtp_session_encrypted(((struct talk *)session)->session, version, cipher);
}

static size_t
feed(void *session, const char *bytes, size_t len)
{
	return smtp_session_feed(((struct talk *)session)->session, bytes, len);
}

static bool
busy(const void *session)
{
	return smtp_session_busy(((const struct talk *)session)->session);
}

static bool
sending(const void *session)
{
	return smtp_session_sending(((const struct talk *)session)->session);
}

static void
more(void *session)
{
	smtp_session_more(((struct talk *)session)->session);
}

static bool
closed(const void *session)
{
	return smtp_session_closed(((const struct talk *)session)->session);
}

static bool
in_transaction(const void *session)
{
	return smtp_session_in_transaction(((const struct talk *)session)->session);
}

static bool
admitted(const void *session)
{
	return smtp_session_admitted(((const struct talk *)session)->session);
}

static void
end(void *session, enum ftg_id last)
{
	smtp_session_end(((struct talk *)session)->session, last);
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
