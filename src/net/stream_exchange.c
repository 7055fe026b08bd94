/* Passes octets between a stream and its session, within the stream's share of a turn. */
#include <assert.h>
#include <string.h>

#include "base/log/log.h"
#include "net/stream_internal.h"

enum { SLICE = 4096 }; /* octets of a message that are fed at a time: a command is fed alone */

void
stream_flush(struct stream *stream)
{
	if (!stream->failed)
		gather_flush(&stream->host->gather, &stream->encryption);
	stream_check_connection(stream);
}

/* A stream that still has a share has done all that it can do now. */
bool
stream_has_more(struct stream *stream)
{
	const struct encryption *encryption = &stream->encryption;
	if (!stream_is_open(stream))
		return false;
	if (encryption_is_handshaking(encryption))
		return stream->entry.queue == TURN_HANDSHAKE && encryption->answered;
	return !stream_has_share(stream) &&
	    (stream_is_sending(stream) || input_len(&stream->input) > 0 || encryption_is_waiting(encryption));
}

/* Continues an answer for as long as the client takes it. */
static void
send_more(struct stream *stream)
{
	while (stream_is_sending(stream)) {
		stream_flush(stream);
		if (!stream_is_open(stream) || !stream_has_share(stream))
			return;
		stream->protocol->more(stream->session);
		stream_check_session(stream);
	}
}

/* One command, or a part of a message. */
static size_t
next_slice(const struct stream *stream, const char *octets, size_t len)
{
	size_t most = len < SLICE ? len : SLICE;
	if (stream->protocol->in_transaction(stream->session))
		return most;
	const char *end = memchr(octets, '\n', most);
	return end == NULL ? most : (size_t)(end - octets) + 1;
}

/* Shows a busy session the octets that it will be fed next. */
static void
look_ahead(struct stream *stream, const char *octets, size_t len)
{
	const struct protocol *protocol = stream->protocol;
	if (protocol->look_ahead != NULL && stream->phase == STREAM_SPEAKING && !stream->failed &&
	    !stream->input.discard && protocol->busy(stream->session))
		protocol->look_ahead(stream->session, octets, len);
}

/* Feeds the session for as long as it takes octets, the client takes replies, and the share lasts. Returns how many. */
static size_t
feed(struct stream *stream, const char *octets, size_t len)
{
	size_t taken = 0;
	while (taken < len && stream->phase == STREAM_SPEAKING && stream_is_open(stream) &&
	    !stream_is_sending(stream) && !stream->input.discard && stream_has_share(stream)) {
		size_t slice = next_slice(stream, octets + taken, len - taken);
		size_t fed = stream->protocol->feed(stream->session, octets + taken, slice);
		stream_check_session(stream);
		assert(fed == slice || !stream_is_open(stream) || stream_is_sending(stream) || stream->input.discard);
		stream->share.octets += fed;
		stream->share.commands++;
		taken += fed;
	}
	if (taken > 0 && taken < len)
		look_ahead(stream, octets + taken, len - taken);
	return taken;
}

/* A command that came in the clear behind the one that asked for encryption is not run (RFC 3207 section 6). */
static void
discard_clear(struct stream *stream, size_t len)
{
	stream->input.discard = false;
	if (len == 0)
		return;
	stream_log_begin(stream, "clear-text-dropped");
	log_put_number("octets", (long long)len);
	log_end();
}

/* May octets be kept that the session has not taken? */
static bool
keeps(struct stream *stream, size_t len)
{
	if (stream->input.discard)
		discard_clear(stream, len);
	else if (!stream_is_over(stream))
		return true;
	else if (len > 0)
		stream->input.surplus = true;
	return false;
}

static void
feed_kept(struct stream *stream)
{
	struct input *input = &stream->input;
	if (input_len(input) == 0)
		return;
	input_consume(input, feed(stream, input_octets(input), input_len(input)));
	if (!keeps(stream, input_len(input)))
		input_clear(input);
}

/* Input from the client, decrypted. */
static void
read_plain(struct stream *stream, const char *octets, size_t len)
{
	size_t taken = stream->phase == STREAM_PREAMBLE ? stream_read_preamble(stream, octets, len) : 0;
	if (stream->phase != STREAM_PREAMBLE)
		stream_touch(stream);
	stream->pace.octets += len;
	taken += feed(stream, octets + taken, len - taken);
	if (keeps(stream, len - taken) && input_keep(&stream->input, octets + taken, len - taken) < 0)
		stream_fail(stream, "out-of-memory");
}

/* Can a part of what has come encrypted be read now? */
static bool
can_decrypt(struct stream *stream)
{
	struct encryption *encryption = &stream->encryption;
	if (encryption->tls == NULL || input_len(&stream->input) > 0 || !stream_is_open(stream) ||
	    stream_is_sending(stream))
		return false;
	if (!encryption_is_handshaking(encryption))
		return stream_has_share(stream);
	return encryption_is_waiting(encryption) && turns_take_handshake(&stream->host->turns, &stream->entry);
}

/* Decrypts for as long as the session takes octets. */
static void
decrypt(struct stream *stream)
{
	size_t len = 1;
	while (len > 0 && can_decrypt(stream)) {
		len = encryption_read(&stream->encryption, stream->host->plain, STREAM_PLAIN);
		stream_check_connection(stream);
		if (len > 0)
			read_plain(stream, stream->host->plain, len);
		explicit_bzero(stream->host->plain, len);
	}
}

/* Octets from the socket: a proxy's header is not encrypted, the octets after it may be. */
void
stream_read_raw(struct stream *stream, const char *octets, size_t len)
{
	size_t header = stream->preamble.state == PREAMBLE_UNKNOWN ? stream_read_preamble(stream, octets, len) : 0;
	if (header == len)
		return;
	if (stream->encryption.tls == NULL) {
		read_plain(stream, octets + header, len - header);
		return;
	}
	stream_touch(stream);
	encryption_feed(&stream->encryption, octets + header, len - header);
	decrypt(stream);
}

/* Input that the session takes may begin a long answer. */
void
stream_exchange(struct stream *stream)
{
	do {
		send_more(stream);
		feed_kept(stream);
		decrypt(stream);
	} while (stream_is_open(stream) && stream_is_sending(stream) && stream_has_share(stream));
}
