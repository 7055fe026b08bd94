/* What the maildrop holds: STAT, LIST, UIDL; and answers of many lines, said in parts. */
#include <inttypes.h>

#include "pop3/internal.h"

struct ftg_reply
listing_begin(struct pop3_session *s, struct ftg_reply first, void (*more)(struct pop3_session *s))
{
	s->outlet->reply(s->outlet, &first);
	s->more = more;
	s->next = 0;
	more(s);
	return answered();
}

/* Read by programs: RFC 1939 section 5 wants nothing behind the two numbers. */
struct ftg_reply
listing_stat(struct pop3_session *s, const char *arg, size_t len)
{
	struct maildrop_total total = maildrop_total(s->maildrop);

	(void)arg, (void)len;
	pop3_send_line(s, "+OK %zu %" PRIu64, total.messages, total.octets);
	return answered();
}

static void
say_size(struct pop3_session *s, const char *before, size_t number)
{
	pop3_send_line(s, "%s%zu %" PRIu64, before, number, maildrop_size(s->maildrop, number));
}

static void
say_uid(struct pop3_session *s, const char *before, size_t number)
{
	char uid[MAILDROP_UID_SIZE];

	maildrop_uid(s->maildrop, number, uid);
	pop3_send_line(s, "%s%zu %s", before, number, uid);
}

/* A part of the lines of those that are not marked as deleted, then the dot. */
static void
say_part(struct pop3_session *s, void (*say)(struct pop3_session *s, const char *before, size_t number))
{
	size_t count = maildrop_count(s->maildrop), said = 0;

	while (s->next < count && said < LISTING_PART) {
		s->next++;
		if (maildrop_deleted(s->maildrop, s->next))
			continue;
		say(s, "", s->next);
		said++;
	}
	if (s->next < count)
		return;
	pop3_send_line(s, ".");
	s->more = NULL;
}

static void
say_sizes(struct pop3_session *s)
{
	say_part(s, say_size);
}

static void
say_uids(struct pop3_session *s)
{
	say_part(s, say_uid);
}

/* An argument names one message; its line is all of the answer. */
static struct ftg_reply
say_one(struct pop3_session *s, const char *arg, size_t len,
    void (*say)(struct pop3_session *s, const char *before, size_t number))
{
	size_t number;
	struct ftg_reply fault = number_message(s, &arg, &len, &number);

	if (fault.id != FTG_IDS)
		return fault;
	if (len > 0)
		return ftg_reply(ERR_POP_SYNTAX);
	say(s, "+OK ", number);
	return answered();
}

struct ftg_reply
listing_list(struct pop3_session *s, const char *arg, size_t len)
{
	struct maildrop_total total = maildrop_total(s->maildrop);
	struct ftg_reply first = ftg_reply_count(FTG_POP_LIST, total.messages);

	first.arg[1].number = total.octets;
	return len > 0 ? say_one(s, arg, len, say_size) : listing_begin(s, first, say_sizes);
}

struct ftg_reply
listing_uidl(struct pop3_session *s, const char *arg, size_t len)
{
	struct ftg_reply first = ftg_reply_count(FTG_POP_UIDL, maildrop_total(s->maildrop).messages);

	return len > 0 ? say_one(s, arg, len, say_uid) : listing_begin(s, first, say_uids);
}
