/* RETR and TOP (RFC 1939): send a message, or its beginning. */
#include "pop3/internal.h"

/* Sends the block that has been read, and the dot after the last one. */
static void
send_block(struct pop3_session *s)
{
	const struct maildrop_block *block = maildrop_block(s->maildrop);

	s->outlet->send(s->outlet, block->octets, block->len);
	if (!block->last)
		return;
	s->outlet->send(s->outlet, ".\r\n", 3);
	maildrop_read_end(s->maildrop);
	s->more = NULL;
}

/*
 * If a further block cannot be read, the connection is closed: the protocol has no other way to report that the message
 * is incomplete.
 */
static void
read_on(void *context, enum maildrop_result result)
{
	struct pop3_session *s = context;

	s->busy = false;
	if (result == MAILDROP_OK) {
		send_block(s);
	} else {
		pop3_log_failure(s, "read-failed");
		s->more = NULL;
		s->state = POP3_CLOSED;
	}
	pop3_resume(s);
}

static void
read_more(struct pop3_session *s)
{
	s->busy = true;
	maildrop_read_on(s->maildrop, read_on, s);
}

static struct ftg_reply
refuse(struct pop3_session *s, enum ftg_id id)
{
	maildrop_read_end(s->maildrop);
	return ftg_reply(id);
}

/* Only a client that has sent UTF8 may get an internationalized header (RFC 6856 section 2.1); another gets a surrogate. */
static bool
is_barred(const struct pop3_session *s)
{
	return !s->utf8 && !s->config->downgrade && maildrop_needs_utf8(s->maildrop, s->next);
}

static void
begin(struct pop3_session *s, enum maildrop_result result, struct ftg_reply first)
{
	s->busy = false;
	if (result != MAILDROP_OK) {
		pop3_log_failure(s, "read-failed");
		pop3_reply(s, refuse(s, ERR_POP_MESSAGEFAILURE));
	} else {
		if (first.id == FTG_POP_RETR) {
			s->tally.fetched++;
			stats_add(s->config->stats, STAT_FETCHED, 1);
		}
		s->more = read_more;
		pop3_reply(s, first);
		send_block(s);
	}
	pop3_resume(s);
}

static void
retrieved(void *context, enum maildrop_result result)
{
	struct pop3_session *s = context;

	begin(s, result, ftg_reply_count(FTG_POP_RETR, maildrop_size(s->maildrop, s->next)));
}

static void
topped(void *context, enum maildrop_result result)
{
	begin(context, result, ftg_reply(FTG_POP_TOP));
}

struct ftg_reply
message_retrieve(struct pop3_session *s, const char *arg, size_t len)
{
	struct ftg_reply fault = number_message(s, &arg, &len, &s->next);

	if (fault.id != FTG_IDS)
		return fault;
	if (len > 0)
		return ftg_reply(ERR_POP_SYNTAX);
	if (is_barred(s))
		return ftg_reply(FTG_POP_NEEDS_UTF8);
	s->busy = true;
	maildrop_read(s->maildrop, s->next, MAILDROP_WHOLE, retrieved, s);
	return answered();
}

struct ftg_reply
message_top(struct pop3_session *s, const char *arg, size_t len)
{
	size_t lines;
	struct ftg_reply fault = number_message(s, &arg, &len, &s->next);

	if (fault.id != FTG_IDS)
		return fault;
	if (!number_parse(&arg, &len, &lines) || len > 0)
		return ftg_reply(ERR_POP_SYNTAX);
	if (is_barred(s))
		return ftg_reply(FTG_POP_NEEDS_UTF8);
	s->busy = true;
	maildrop_read(s->maildrop, s->next, lines, topped, s);
	return answered();
}
