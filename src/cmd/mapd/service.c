/* Maps at a listener: sessions of src/mapd on streams of src/net. */
#include "cmd/mapd/service.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cmd/server/talk.h"
#include "net/stream.h"

enum {
	IDLE = 60 * 1000, /* milliseconds; Postfix closes a connection that is idle for ten seconds */
	WHOLE = 10 * 60 *
	    1000, /* of a connection; Postfix uses one for 100 seconds, and begins another if it was closed */
};

struct client {
	struct mapd_outlet outlet;
	struct stream *stream;
	struct mapd_session *session;
	struct ftg_vars vars;
};

static struct client *
client_of(struct mapd_outlet *outlet)
{
	return (struct client *)outlet;
}

static void
send_octets(struct mapd_outlet *outlet, const char *octets, size_t len)
{
	stream_send(client_of(outlet)->stream, octets, len);
}

static bool
is_full(struct mapd_outlet *outlet)
{
	return stream_is_full(client_of(outlet)->stream);
}

/* Who the mail server's client is, the reply does not say: ${client}, ${session} and ${time} are empty. */
static struct ftg_voice
voice_of(struct mapd_outlet *outlet)
{
	struct client *client = client_of(outlet);
	const struct voice_source *source = client->stream->host->source;
	client->vars.value[FTG_VAR_HOST] = source->host;
	client->vars.value[FTG_VAR_CONTACT] = source->contact;
	client->vars.value[FTG_VAR_HELP] = source->help;
	return stream_voice(client->stream, &client->vars);
}

static void
note(struct mapd_outlet *outlet, const char *event, ...)
{
	va_list pairs;
	va_start(pairs, event);
	stream_log(client_of(outlet)->stream, event, pairs);
	va_end(pairs);
}

static bool
enter(const struct protocol *protocol, const struct stream *stream, struct ftg_reply *words)
{
	(void)protocol, (void)stream, (void)words;
	return true;
}

static void
leave(const struct protocol *protocol, const struct stream *stream)
{
	(void)protocol, (void)stream;
}

static void
speak(const struct protocol *protocol, void *session, unsigned generation, struct ftg_voice *voice)
{
	(void)session;
	talk_voice(NULL, ((const struct map_service *)protocol)->language, generation, voice);
}

static void *
open_client(const struct protocol *protocol, struct stream *stream)
{
	struct client *client = calloc(1, sizeof *client);
	if (client == NULL)
		return NULL;
	client->outlet = (struct mapd_outlet) { send_octets, is_full, voice_of, note };
	client->stream = stream;
	client->session = mapd_session_new(((const struct map_service *)protocol)->config, &client->outlet);
	if (client->session != NULL)
		return client;
	free(client);
	return NULL;
}

static void
free_client(void *session)
{
	mapd_session_free(((struct client *)session)->session);
	free(session);
}

/* The client speaks first. */
static void
greet(void *session)
{
	(void)session;
}

static void
encrypted(void *session, const char *version, const char *cipher)
{
	(void)session, (void)version, (void)cipher;
}

static size_t
feed(void *session, const char *octets, size_t len)
{
	return mapd_session_feed(((struct client *)session)->session, octets, len);
}

/* A look-up is answered at once, so that no session waits for anything, and a stop for no session. */
static bool
never(const void *session)
{
	(void)session;
	return false;
}

static bool
closed(const void *session)
{
	return mapd_session_closed(((const struct client *)session)->session);
}

static void
end(void *session, enum ftg_id last)
{
	(void)last;
	mapd_session_end(((struct client *)session)->session);
}

void
map_service_open(struct map_service *service)
{
	service->protocol = (struct protocol) {
		.enter = enter,
		.leave = leave,
		.speak = speak,
		.open = open_client,
		.free = free_client,
		.greet = greet,
		.encrypted = encrypted,
		.feed = feed,
		.busy = never,
		.closed = closed,
		.in_transaction = never,
		.end = end,
		.timeout = FTG_IDS,
		.shutdown = FTG_IDS,
		.overload = FTG_IDS,
		.early = FTG_IDS,
		.idle = IDLE,
		.whole = WHOLE,
	};
}
