/* STAT, LIST and UIDL (RFC 1939), and answers of many lines, which are sent in parts. */
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

/* Programs read the line; RFC 1939 section 5 advises against any text after the two numbers. */
struct ftg_reply
listing_stat(struct pop3_session *s, const char *arg, size_t len)
{
	struct maildrop_total total = maildrop_total(s->maildrop);

	(void)arg, (void)len;
	pop3_send_line(s, "+OK %zu %" PRIu64, total.messages, total.octets);
	return answered();
}

static void
send_size(struct pop3_session *s, const char *before, size_t number)
{
	pop3_send_line(s, "%s%zu %" PRIu64, before, number, maildrop_size(s->maildrop, number));
}

static void
send_uid(struct pop3_session *s, const char *before, size_t number)
{
	char uid[MAILDROP_UID_SIZE];

	maildrop_uid(s->maildrop, number, uid);
	pop3_send_line(s, "%s%zu %s", before, number, uid);
}

/* Sends the lines of the next messages that are not marked as deleted, and the dot after the last. */
static void
send_part(struct pop3_session *s, void (*send)(struct pop3_session *s, const char *before, size_t number))
{
	size_t count = maildrop_count(s->maildrop), sent = 0;

	while (s->next < count && sent < LISTING_PART) {
		s->next++;
		if (maildrop_deleted(s->maildrop, s->next))
			continue;
		send(s, "", s->next);
		sent++;
	}
	if (s->next < count)
		return;
	pop3_send_line(s, ".");
	s->more = NULL;
}

static void
send_sizes(struct pop3_session *s)
{
	send_part(s, send_size);
}

static void
send_uids(struct pop3_session *s)
{
	send_part(s, send_uid);
}

/* With an argument, the answer is the line of that message alone. */
static struct ftg_reply
send_one(struct pop3_session *s, const char *arg, size_t len,
    void (*send)(struct pop3_session *s, const char *before, size_t number))
{
	size_t number;
	struct ftg_reply fault = number_message(s, &arg, &len, &number);

	if (fault.id != FTG_IDS)
		return fault;
	if (len > 0)
		return ftg_reply(ERR_POP_SYNTAX);
	send(s, "+OK ", number);
	return answered();
}

struct ftg_reply
listing_list(struct pop3_session *s, const char *arg, size_t len)
{
	struct maildrop_total total = maildrop_total(s->maildrop);
	struct ftg_reply first = ftg_reply_count(FTG_POP_LIST, total.messages);

	first.arg[1].number = total.octets;
	return len > 0 ? send_one(s, arg, len, send_size) : listing_begin(s, first, send_sizes);
}

struct ftg_reply
listing_uidl(struct pop3_session *s, const char *arg, size_t len)
{
	struct ftg_reply first = ftg_reply_count(FTG_POP_UIDL, maildrop_total(s->maildrop).messages);

	return len > 0 ? send_one(s, arg, len, send_uid) : listing_begin(s, first, send_uids);
}
