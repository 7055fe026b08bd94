/* The beginning of a stream: the client's address, its admission, the TLS handshake, the greeting. */
#include <ftgate/catalog.h>
#include <string.h>

#include "base/log/log.h"
#include "net/stream_internal.h"

/* The greeting, after its delay. */
void
stream_greet(struct stream *stream)
{
	uint64_t delay = stream->protocol->greeting_delay;
	if (delay > 0 && stream->preamble.state != PREAMBLE_UNGREETED) {
		preamble_set(&stream->preamble, PREAMBLE_UNGREETED);
		stream->deadline = stream_later(stream, delay);
		return;
	}
	preamble_set(&stream->preamble, PREAMBLE_DONE);
	stream_set_phase(stream, STREAM_SPEAKING);
	stream_touch(stream);
	stream->protocol->greet(stream->session);
	stream_check_session(stream);
}

/* The reference that the log gives as the reason: both services have a reply of their own for the limit of an address. */
static const char *
reason_of(const struct ftg_row *row)
{
	const char *limit = ftg_row(ERR_MAX_CONCURRENT)->ref;
	return strcmp(row->ref, limit) == 0 ? limit : NULL;
}

/* Why the client was turned away, as a cause of the log. */
static const char *
cause_of(const struct stream *stream, const struct ftg_row *row)
{
	if (stream->obstacle != NULL)
		return stream->obstacle;
	if (stream->entered)
		return "out-of-memory";
	return reason_of(row) != NULL ? "max-sessions-per-address" : "max-sessions";
}

/* Too many, or no memory: reports that in place of a greeting. */
static void
turn_away(struct stream *stream, const struct ftg_reply *words)
{
	preamble_set(&stream->preamble, PREAMBLE_DONE);
	stream_set_phase(stream, STREAM_DRAINING);
	if (words->id == FTG_IDS) {
		stream_fail(stream, stream->obstacle != NULL ? stream->obstacle : "out-of-memory");
		return;
	}
	const struct ftg_row *row = ftg_row(words->id);
	const struct ftg_voice voice = stream_voice(stream, NULL);
	stream_log_begin(stream, "reply");
	log_put("lang", ftg_voice_spoken(&voice, words->id));
	log_put("ref", row->ref);
	log_put("id", row->id);
	log_put("reason", reason_of(row));
	log_put("cause", cause_of(stream, row));
	log_end();
	if (stream->mode.encrypted)
		stream_fail(stream, "turned-away");
	else
		stream_reply(stream, words);
}

bool
stream_can_encrypt(const struct stream *stream)
{
	return stream->encryption.tls == NULL && stream->host->certificate->context != NULL;
}

static void
begin_encryption(struct stream *stream)
{
	gather_flush(&stream->host->gather, &stream->encryption);
	if (!stream_can_encrypt(stream) ||
	    encryption_begin(&stream->encryption, stream->host->certificate->context) < 0)
		stream_fail(stream, "no-tls");
}

void
stream_encrypt(struct stream *stream)
{
	begin_encryption(stream);
	stream->input.discard = true;
}

/* The client's address is known. */
void
stream_enter(struct stream *stream)
{
	const struct protocol *protocol = stream->protocol;
	struct ftg_reply words = ftg_reply(protocol->overload);
	stream_log_begin(stream, "connect");
	log_end();
	stream->entered = stream->obstacle == NULL && protocol->enter(protocol, stream, &words);
	if (stream->entered)
		stream->session = protocol->open(protocol, stream);
	if (stream->session == NULL) {
		turn_away(stream, &words);
	} else if (stream->mode.encrypted) {
		preamble_set(&stream->preamble, PREAMBLE_ENCRYPTING);
		begin_encryption(stream);
	} else {
		stream_greet(stream);
	}
}

/* A connection of the proxy itself (LOCAL) keeps its own address. */
static void
set_client(struct stream *stream)
{
	const struct proxy *proxy = stream->preamble.proxy;
	if (!proxy->local)
		memcpy(stream->peer, proxy->client.address, sizeof stream->peer);
	preamble_set(&stream->preamble, PREAMBLE_DONE);
	stream_touch(stream);
	stream_enter(stream);
}

/* Reads octets before the greeting. Returns how many belong to the preamble. */
size_t
stream_read_preamble(struct stream *stream, const char *octets, size_t len)
{
	size_t used;
	switch (preamble_read(&stream->preamble, octets, len, &used)) {
	case PREAMBLE_MORE: break;
	case PREAMBLE_CLIENT: set_client(stream); break;
	case PREAMBLE_BAD: stream_fail(stream, "bad-proxy-header"); return len;
	case PREAMBLE_EARLY:
		preamble_set(&stream->preamble, PREAMBLE_DONE);
		stream_set_phase(stream, STREAM_SPEAKING);
		stream_say_last(stream, stream->protocol->early, "early-talker");
		break;
	}
	return used;
}

static void
log_tls(const struct stream *stream, const char *event)
{
	const struct tls *tls = stream->encryption.tls;
	bool failed = tls_state(tls) == TLS_FAILED;
	stream_log_begin(stream, event);
	if (failed)
		log_put("detail", tls_error(tls));
	else
		log_put("version", tls_version(tls));
	if (!failed)
		log_put("cipher", tls_cipher(tls));
	if (tls_server_name(tls)[0] != '\0')
		log_put("server-name", tls_server_name(tls));
	log_end();
}

static void
open_encrypted(struct stream *stream)
{
	const struct tls *tls = stream->encryption.tls;
	log_tls(stream, "tls");
	stats_tls(stream->host->stats, false, tls_version(tls));
	if (stream->session == NULL)
		return;
	stream->protocol->encrypted(stream->session, tls_version(tls), tls_cipher(tls));
	if (stream->preamble.state == PREAMBLE_ENCRYPTING)
		stream_greet(stream);
}

/* Handles the results of reading and writing. */
void
stream_check_connection(struct stream *stream)
{
	int error = stream->encryption.output.error;
	switch (encryption_event(&stream->encryption)) {
	case ENCRYPTION_NOTHING: break;
	case ENCRYPTION_OPENED: open_encrypted(stream); break;
	case ENCRYPTION_CLOSED: stream_end_input(stream); break;
	case ENCRYPTION_FAILED:
		log_tls(stream, "tls-failed");
		stats_add(stream->host->stats, STAT_TLS_IN_FAILED, 1);
		stream_fail(stream, "tls-failed");
		break;
	}
	if (error != 0)
		stream_fail(stream, error == UV_ENOMEM ? "out-of-memory" : "reset");
}
