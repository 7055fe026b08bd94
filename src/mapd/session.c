/* A client of the map server: reads look-ups in netstrings, writes answers. */
#include "mapd/session.h"

#include <assert.h>
#include <ftgate/catalog.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "base/text/netstring.h"
#include "mapd/answer.h"
#include "mapd/postfix_reply.h"
#include "mapd/row_key.h"

enum { FRAME_MAX = MAPD_LOOKUP_MAX + NETSTRING_FRAME, STATUS_MAX = sizeof "NOTFOUND " - 1 };

_Static_assert((int)ANSWER_MAX + (int)STATUS_MAX <= (int)NETSTRING_MAX, "each answer fits a netstring");

struct mapd_session {
	const struct mapd_config *config;
	struct mapd_outlet *outlet;
	bool closed;
	bool warned;  /* of a map that does not exist */
	size_t count; /* octets of the look-up that has not come whole */
	char octets[FRAME_MAX];
};

struct mapd_session *
mapd_session_new(const struct mapd_config *config, struct mapd_outlet *outlet)
{
	struct mapd_session *s = malloc(sizeof *s);
	if (s == NULL)
		return NULL;
	s->config = config;
	s->outlet = outlet;
	s->closed = s->warned = false;
	s->count = 0;
	return s;
}

void
mapd_session_free(struct mapd_session *s)
{
	free(s);
}

static void
send_answer(struct mapd_session *s, const char *status, const char *text, size_t len)
{
	char head[NETSTRING_HEAD_SIZE];
	size_t used = netstring_head(head, strlen(status) + len);
	s->outlet->send(s->outlet, head, used);
	s->outlet->send(s->outlet, status, strlen(status));
	s->outlet->send(s->outlet, text, len);
	s->outlet->send(s->outlet, ",", 1);
}

/* The language of a domain; NULL if it has none. */
static const char *
find_language(const struct mapd_config *config, const char *domain)
{
	const char *language = NULL;
	for (size_t i = 0; language == NULL && i < MAPD_LANGUAGES; i++)
		if (config->languages[i] != NULL)
			language = languages_find(config->languages[i], domain);
	return language;
}

/* The language of the recipient's domain, if it has one that the catalogue has, and the own texts of that domain. */
static void
speak_of(const struct mapd_session *s, struct ftg_voice *voice, const struct postfix_slice *domain)
{
	char name[ADDRESS_DOMAIN_MAX + 1];
	if (voice->catalog == NULL || domain->len == 0 || !address_parse_domain(name, domain->text, domain->len))
		return;
	const char *wanted = find_language(s->config, name);
	ftg_lang language = wanted != NULL ? ftg_catalog_find(voice->catalog, wanted) : -1;
	if (language >= 0)
		voice->language = language;
	voice->domain = ftg_catalog_domain(voice->catalog, name);
}

static bool
parse_key(struct postfix_reply *reply, enum answer_form form, const char *key, size_t len)
{
	return form == ANSWER_TEXT ? row_key_parse(reply, key, len) : postfix_reply_parse(reply, key, len);
}

/* A key that is not understood, or that no row fits, has no answer: the server that asks then sends its own words alone. */
static size_t
find_answer(struct mapd_session *s, char answer[ANSWER_MAX], enum answer_form form, const char *key, size_t len)
{
	struct postfix_reply reply;
	if (!parse_key(&reply, form, key, len) || reply.match == POSTFIX_NO_ROW)
		return 0;
	struct ftg_voice voice = s->outlet->voice(s->outlet);
	speak_of(s, &voice, &reply.domain);
	size_t found = answer_write(answer, form, &voice, &reply);
	if (found > 0)
		stats_reply(s->config->stats, reply.reply.id);
	return found;
}

static void
warn_of_map(struct mapd_session *s, const char *map, size_t len)
{
	char name[64];
	if (s->warned)
		return;
	s->warned = true;
	size_t most = len < sizeof name - 1 ? len : sizeof name - 1;
	memcpy(name, map, most);
	name[most] = '\0';
	s->outlet->log(s->outlet, "unknown-map", "map", name, NULL);
}

/* "MAP KEY". */
static void
look_up(struct mapd_session *s, const char *text, size_t len)
{
	char answer[ANSWER_MAX];
	const char *space = memchr(text, ' ', len);
	size_t map = space != NULL ? (size_t)(space - text) : len, skipped = map + (space != NULL);
	enum answer_form form = answer_form(text, map);
	if (form == ANSWER_FORMS)
		warn_of_map(s, text, map);
	size_t found = form != ANSWER_FORMS ? find_answer(s, answer, form, text + skipped, len - skipped) : 0;
	stats_add(s->config->stats,
	    found > 0                 ? STAT_LOOKUP_FOUND
	        : form < ANSWER_FORMS ? STAT_LOOKUP_NOT_FOUND
	                              : STAT_LOOKUP_NO_MAP,
	    1);
	send_answer(s, found > 0 ? "OK " : "NOTFOUND ", answer, found);
}

/* Runs the look-up at the start of some octets. Returns those of its frame; 0: it is not whole, or the session has closed. */
static size_t
run_first(struct mapd_session *s, const char *octets, size_t count)
{
	const char *text;
	size_t len;
	ssize_t frame = netstring_read(octets, count, MAPD_LOOKUP_MAX, &text, &len);
	if (frame > 0)
		look_up(s, text, len);
	if (frame >= 0)
		return (size_t)frame;
	stats_add(s->config->stats, STAT_LOOKUP_MALFORMED, 1);
	s->outlet->log(s->outlet, "bad-lookup", "cause", len > MAPD_LOOKUP_MAX ? "too-long" : "not-a-netstring", NULL);
	s->closed = true;
	return 0;
}

/* Continues the look-up of which a part is kept. Returns how many octets of the input belong to it. */
static size_t
continue_kept(struct mapd_session *s, const char *octets, size_t len)
{
	size_t room = sizeof s->octets - s->count, added = len < room ? len : room, before = s->count;
	memcpy(s->octets + before, octets, added);
	s->count += added;
	size_t frame = run_first(s, s->octets, s->count);
	if (frame == 0)
		return added;
	assert(frame > before);
	s->count = 0;
	return frame - before;
}

static size_t
take(struct mapd_session *s, const char *octets, size_t len)
{
	if (s->count > 0)
		return continue_kept(s, octets, len);
	size_t frame = run_first(s, octets, len);
	if (frame > 0 || s->closed)
		return frame;
	assert(len <= sizeof s->octets);
	memcpy(s->octets, octets, len);
	s->count = len;
	return len;
}

size_t
mapd_session_feed(struct mapd_session *s, const char *octets, size_t len)
{
	size_t taken = 0;
	while (taken < len && !s->closed && !s->outlet->is_full(s->outlet))
		taken += take(s, octets + taken, len - taken);
	return taken;
}

void
mapd_session_end(struct mapd_session *s)
{
	s->closed = true;
}

bool
mapd_session_closed(const struct mapd_session *s)
{
	return s->closed;
}
