/* BDAT (RFC 3030): a message in chunks of counted octets, without dot stuffing. */
#include <string.h>

#include "base/text/ascii.h"
#include "smtp/internal.h"
#include "smtp/params.h"

/* Parses a chunk size; false if it is no number. A number too large for uint64_t becomes UINT64_MAX. */
static bool
read_size(struct span text, uint64_t *size)
{
	*size = 0;
	for (size_t i = 0; i < text.len; i++) {
		if (!ascii_is_digit(text.text[i]))
			return false;
		if (__builtin_mul_overflow(*size, 10U, size) ||
		    __builtin_add_overflow(*size, (unsigned)(text.text[i] - '0'), size))
			*size = UINT64_MAX;
	}
	return text.len > 0;
}

/* Copies the word that the reply names, since the line is freed before the chunk has been read. */
static struct ftg_reply
malformed(struct smtp_session *s, struct span word)
{
	size_t len = word.len < sizeof s->held.text ? word.len : sizeof s->held.text;
	return ftg_reply_text(ERR_SMTP_SYNTAX2, memcpy(s->held.text, word.text, len), len);
}

/* Returns the refusal of a chunk, or FTG_IDS. The octets of a refused chunk are read, too, if their number is known. */
static struct ftg_reply
read_argument(struct smtp_session *s, struct span rest)
{
	struct span size = params_next(&rest), word;

	if (size.text == NULL)
		return ftg_reply(ERR_SMTP_ARGUMANT);
	if (!read_size(size, &s->chunk.left)) {
		s->chunk.left = 0;
		return malformed(s, size);
	}
	word = params_next(&rest);
	s->chunk.last = word.text != NULL;
	if (word.text != NULL && !span_equals(word, "LAST"))
		return malformed(s, word);
	if (params_next(&rest).text != NULL)
		return ftg_reply(ERR_SMTP_ARGUMANT);
	if (starttls_is_missing(s))
		return ftg_reply(ERR_SMTP_TLSREQUIRED);
	if (!(s->state & (SMTP_RECIPIENT | SMTP_CHUNKS)))
		return ftg_reply(ERR_SMTP_ADDRESS_SEQUENCE);
	return ftg_reply(FTG_IDS);
}

/* Replies to a chunk that is not the last. Once the message is refused, each further chunk is refused. */
static void
answer_chunk(struct smtp_session *s)
{
	struct ftg_reply answer = message_verdict(s);

	s->state = SMTP_CHUNKS;
	if (answer.id == ERR_SMTP_MESSAGEOK)
		answer = ftg_reply(ERR_SMTP_OK);
	else if (!s->message.refused)
		event_refused(s, &answer);
	s->message.refused = answer.id != ERR_SMTP_OK;
	s->outlet->reply(s->outlet, &answer);
	message_flush(s);
}

/* Stored messages consist of whole lines, so a missing line end is added. */
static void
end_message(struct smtp_session *s)
{
	const char *missing = data_end_chunks(&s->message.scanner);

	message_append(s, missing, strlen(missing));
	message_end(s);
}

/* If a chunk is refused, the message has failed: it would lack the octets of that chunk. */
static void
refuse(struct smtp_session *s)
{
	s->state = s->chunk.before;
	smtp_reply(s, s->chunk.refusal);
	if (!(s->state & (SMTP_RECIPIENT | SMTP_CHUNKS)))
		return;
	transaction_reset(s);
	s->state = SMTP_READY;
}

static void
end_chunk(struct smtp_session *s)
{
	if (s->chunk.refusal.id != FTG_IDS)
		refuse(s);
	else if (s->chunk.last)
		end_message(s);
	else
		answer_chunk(s);
}

size_t
bdat_feed(struct smtp_session *s, const char *bytes, size_t len)
{
	if (len > s->chunk.left)
		len = (size_t)s->chunk.left;
	s->chunk.left -= len;
	if (s->chunk.refusal.id == FTG_IDS) {
		data_scan_chunk(&s->message.scanner, bytes, len);
		s->message.size += len;
		message_append(s, bytes, len);
	}
	if (s->chunk.left == 0)
		end_chunk(s);
	else if (s->chunk.refusal.id == FTG_IDS)
		message_flush(s);
	return len;
}

static struct ftg_reply
begin_chunk(struct smtp_session *s, struct ftg_reply verdict)
{
	struct chunk *chunk = &s->chunk;

	if (verdict.id != FTG_IDS) {
		held_keep(&s->held, verdict);
		chunk->refusal = s->held.reply;
	}
	if (chunk->refusal.id == FTG_IDS && s->state == SMTP_RECIPIENT && !message_begin(s))
		s->message.result = DELIVERY_FAILED;
	s->state = SMTP_CHUNK;
	if (chunk->left == 0)
		end_chunk(s);
	return ftg_reply(FTG_IDS);
}

struct ftg_reply
bdat_start(struct smtp_session *s, const char *arg, size_t len)
{
	struct chunk *chunk = &s->chunk;

	*chunk = (struct chunk) { .before = s->state };
	chunk->refusal = read_argument(s, (struct span) { arg, len });
	if (chunk->refusal.id != FTG_IDS || s->state != SMTP_RECIPIENT)
		return begin_chunk(s, ftg_reply(FTG_IDS));
	return policy_run(s, POLICY_DATA, NULL, (struct span) { NULL, 0 }, begin_chunk);
}
