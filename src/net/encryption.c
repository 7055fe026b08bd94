/* Encryption of a connection: between its socket and all else. */
#include "net/encryption.h"

#include "base/log.h"
#include "net/output.h"
#include "net/stream.h"
#include "net/tls.h"

bool
encryption_is_possible(const struct stream *stream)
{
	return stream->tls == NULL && stream->streams->certificate->context != NULL;
}

void
encryption_begin(struct stream *stream)
{
	output_send(stream);
	if (encryption_is_possible(stream))
		stream->tls = tls_new(stream->streams->certificate->context);
	if (stream->tls == NULL)
		stream_fail(stream, "no-tls");
}

static void
send_output(struct stream *stream)
{
	size_t len;
	const void *octets = tls_output(stream->tls, &len);
	if (len == 0)
		return;
	output_put(stream, octets, len);
	tls_sent(stream->tls, len);
}

static void
log_tls(const struct stream *stream, const char *event)
{
	const struct tls *tls = stream->tls;
	bool failed = tls_state(tls) == TLS_FAILED;
	log_begin(event);
	log_put("session", stream->token);
	log_put("client", stream->peer);
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

/* Tells the session that it is encrypted, or the stream that it has ended. */
static void
see_to_state(struct stream *stream)
{
	switch (tls_state(stream->tls)) {
	case TLS_HANDSHAKING: break;
	case TLS_OPEN:
		log_tls(stream, "tls");
		stream_encrypted(stream);
		break;
	case TLS_CLOSED: stream->ended = true; break;
	case TLS_FAILED:
		log_tls(stream, "tls-failed");
		stream_fail(stream, "tls-failed");
		break;
	}
}

void
encryption_feed(struct stream *stream, const char *octets, size_t len)
{
	tls_feed(stream->tls, octets, len);
}

bool
encryption_is_waiting(const struct stream *stream)
{
	return stream->tls != NULL && tls_is_waiting(stream->tls);
}

/* Octets may come with the end of the handshake, and with the end of all. */
size_t
encryption_read(struct stream *stream, char *octets, size_t size)
{
	enum tls_state before = tls_state(stream->tls);
	size_t len = tls_read(stream->tls, octets, size);
	send_output(stream);
	if (tls_state(stream->tls) != before)
		see_to_state(stream);
	return len;
}

void
encryption_write(struct stream *stream, const char *octets, size_t len)
{
	enum tls_state before = tls_state(stream->tls);
	while (len > 0 && tls_state(stream->tls) == TLS_OPEN) {
		size_t taken = tls_write(stream->tls, octets, len);
		send_output(stream);
		octets += taken;
		len -= taken;
	}
	if (tls_state(stream->tls) != before)
		see_to_state(stream);
}

void
encryption_end(struct stream *stream)
{
	if (stream->tls == NULL || tls_state(stream->tls) != TLS_OPEN)
		return;
	stream->surplus = stream->surplus || tls_is_waiting(stream->tls);
	tls_close(stream->tls);
	send_output(stream);
}

void
encryption_free(struct stream *stream)
{
	tls_free(stream->tls);
	stream->tls = NULL;
}
