/* The functions of a stream that sessions call: replies in their voice, octets, events for the log. */
#include <ftgate/catalog.h>
#include <string.h>
#include <time.h>

#include "base/log/log.h"
#include "net/stream.h"

_Static_assert((int)FTG_IDS <= (int)STATS_REPLIES, "each reply is counted");
_Static_assert((int)FTG_REPLY_MAX <= (int)GATHER_SIZE, "each reply can be gathered");

enum { STAMP_SIZE = sizeof "2026-01-31T12:00:00Z" };

struct ftg_voice
stream_voice(const struct stream *stream, const struct ftg_vars *vars)
{
	const struct voice_source *source = stream->host->source;
	struct ftg_voice voice = source->voice;
	voice.vars = vars;
	stream->protocol->speak(stream->protocol, stream->session, source->generation, &voice);
	return voice;
}

void
stream_log_begin(const struct stream *stream, const char *event)
{
	log_begin(event);
	log_put("session", stream->token);
	log_put("client", stream->peer);
}

/* The language of the reply that the pairs name, by "said" or its ID, else that of most replies to this client. */
static const char *
spoken(const struct ftg_voice *voice, va_list pairs)
{
	enum ftg_id id = FTG_IDS;
	va_list copy;
	va_copy(copy, pairs);
	for (const char *key; (key = va_arg(copy, const char *)) != NULL;) {
		const char *value = va_arg(copy, const char *);
		if (value != NULL && ((strcmp(key, "id") == 0 && id == FTG_IDS) || strcmp(key, "said") == 0))
			id = ftg_id_find(value);
	}
	va_end(copy);
	return id != FTG_IDS ? ftg_voice_spoken(voice, id)
	                     : ftg_catalog_spoken(voice->catalog, voice->language, voice->encoding);
}

void
stream_log(const struct stream *stream, const char *event, va_list pairs)
{
	const struct ftg_voice voice = stream_voice(stream, NULL);
	stream_log_begin(stream, event);
	log_put("lang", spoken(&voice, pairs));
	log_put_list(pairs);
	log_end();
}

/* The time of the loop's turn, formatted once a second. */
static const char *
stamp_of(const struct stream_host *host)
{
	static char stamp[STAMP_SIZE];
	static int64_t second = -1;
	int64_t current = host->clock->now(host->clock) / 1000;
	if (second != current) {
		time_t now = time(NULL);
		struct tm tm;
		gmtime_r(&now, &tm);
		strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%SZ", &tm);
		second = current;
	}
	return stamp;
}

void
stream_reply(struct stream *stream, const struct ftg_reply *reply)
{
	struct stream_host *host = stream->host;
	const struct voice_source *source = host->source;
	const struct ftg_vars vars = { .value = {
		                           [FTG_VAR_HOST] = source->host,
		                           [FTG_VAR_CLIENT] = stream->peer,
		                           [FTG_VAR_SESSION] = stream->token,
		                           [FTG_VAR_TIME] = stamp_of(host),
		                           [FTG_VAR_CONTACT] = source->contact,
		                           [FTG_VAR_HELP] = source->help,
		                       } };
	const struct ftg_voice voice = stream_voice(stream, &vars);
	char *at = gather_reserve(&host->gather, &stream->encryption, FTG_REPLY_MAX);
	size_t len = ftg_render(at, &voice, reply);
	gather_add(&host->gather, len);
	stream->share.octets += len;
	stats_reply(host->stats, reply->id);
}

void
stream_send(struct stream *stream, const char *octets, size_t len)
{
	gather_put(&stream->host->gather, &stream->encryption, octets, len);
	stream->share.octets += len;
}

bool
stream_is_full(const struct stream *stream)
{
	return output_is_full(&stream->encryption.output);
}

void
stream_resume(struct stream *stream)
{
	turns_wait(&stream->host->turns, &stream->entry, TURN_NOW);
}
