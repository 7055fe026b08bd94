/* A session at a listener: its outlet is a stream of src/net. */
#include "cmd/server/talk.h"

#include <stdarg.h>
#include <stdlib.h>

static struct stream *
stream_of(struct session_outlet *outlet)
{
	return ((struct talk *)outlet)->stream;
}

static void
say(struct session_outlet *outlet, const struct ftg_reply *reply)
{
	stream_reply(stream_of(outlet), reply);
}

static void
send_octets(struct session_outlet *outlet, const char *bytes, size_t len)
{
	stream_send(stream_of(outlet), bytes, len);
}

static bool
is_full(struct session_outlet *outlet)
{
	return stream_is_full(stream_of(outlet));
}

static void
prefer(struct session_outlet *outlet, enum language_source whose, const char *language)
{
	session_language_prefer(&((struct talk *)outlet)->language, whose, language);
}

static void
utf8(struct session_outlet *outlet, bool on)
{
	((struct talk *)outlet)->language.all_utf8 = on;
}

static void
speak_of(struct session_outlet *outlet, enum language_source whose, const char *domain)
{
	session_language_speak_of(&((struct talk *)outlet)->language, whose, domain);
}

static void
speak_text(struct session_outlet *outlet, const ftg_text *text)
{
	((struct talk *)outlet)->language.text = text;
}

static struct ftg_voice
voice_of(struct session_outlet *outlet)
{
	return stream_voice(stream_of(outlet), NULL);
}

static void
wait_for(struct session_outlet *outlet, int64_t milliseconds, struct job *job)
{
	stream_wait(stream_of(outlet), milliseconds, job);
}

static bool
can_encrypt(struct session_outlet *outlet)
{
	return stream_can_encrypt(stream_of(outlet));
}

static void
encrypt_stream(struct session_outlet *outlet)
{
	stream_encrypt(stream_of(outlet));
}

static void
resume(struct session_outlet *outlet)
{
	stream_resume(stream_of(outlet));
}

static void
note(struct session_outlet *outlet, const char *event, ...)
{
	va_list pairs;
	va_start(pairs, event);
	stream_log(stream_of(outlet), event, pairs);
	va_end(pairs);
}

struct talk *
talk_new(struct stream *stream, const struct limiter *limiter, const struct session_language *language)
{
	struct talk *talk = malloc(sizeof *talk);
	if (talk == NULL)
		return NULL;
	stream->owner.key = limiter_key(limiter, stream->peer);
	*talk = (struct talk) {
		.outlet = {
			.owner = &stream->owner,
			.reply = say,
			.send = send_octets,
			.is_full = is_full,
			.prefer = prefer,
			.utf8 = utf8,
			.speak_of = speak_of,
			.speak_text = speak_text,
			.voice = voice_of,
			.wait = wait_for,
			.can_encrypt = can_encrypt,
			.encrypt = encrypt_stream,
			.resume = resume,
			.log = note,
		},
		.stream = stream,
		.language = *language,
	};
	return talk;
}

void
talk_voice(struct talk *talk, const char *listener, unsigned generation, struct ftg_voice *voice)
{
	struct session_language none = { .listener = listener };
	session_language_voice(talk != NULL ? &talk->language : &none, generation, voice);
}
