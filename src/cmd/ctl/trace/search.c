/* Finds the events that belong to what was asked for, and follows the links between them. */
#include "cmd/ctl/trace/search.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text/text_set.h"
#include "base/text/token.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/trace/fetches.h"

enum {
	PASSES_MAX = 16,
	OPEN_MAX = 1024, /* checks whose reply or message has not come yet */
	NAME_SIZE = 64,  /* of a session or message, as links; longer names link nothing */
};

/* Kinds of links, each before the name that is linked. */
enum link {
	LINK_SESSION = 's', /* a session of which something was found */
	LINK_MESSAGE = 'm', /* a message of which one recipient was found, by its ID */
	LINK_WHOLE = 'w',   /* a message of which each recipient belongs to the story */
	LINK_DSN = 'd',     /* the Message-ID of a DSN that belongs to it */
	LINK_NOTICE = 'n',  /* a message with a recipient of the story that a DSN can be about */
	LINK_OTHER = 'o',   /* a message with another recipient that was given up */
	LINK_MAILBOX = 'b', /* a mailbox that a message is in */
	LINK_RECENT = 'r',  /* a session that got the reference, one of the last */
};

/* A check, which is kept if the reply or message behind it in its session is. */
struct open_check {
	char session[NAME_SIZE];
	char from[EVENT_VALUE_SIZE]; /* of an alias that was asked for; else "" */
	size_t event;                /* its number in the story */
};

struct search {
	const struct question *question;
	struct story *story;
	struct text_set links;
	bool found_new, failed;
	struct open_check *open;
	size_t open_count;
	char recent[SEARCH_SESSIONS_MAX][NAME_SIZE];
	size_t recent_count;
};

/* An event that is being looked at. */
struct look {
	struct search *search;
	struct event event;
	struct log_span time, text;
	enum question_match match;
	char session[EVENT_VALUE_SIZE], id[EVENT_VALUE_SIZE];
};

static size_t
write_link(char text[EVENT_VALUE_SIZE + 1], enum link link, const char *name)
{
	int len = snprintf(text, EVENT_VALUE_SIZE + 1, "%c%s", (char)link, name);
	return (size_t)len;
}

static bool
is_linked(const struct look *look, enum link link, const char *name)
{
	char text[EVENT_VALUE_SIZE + 1];
	return name[0] != '\0' && text_set_has(&look->search->links, text, write_link(text, link, name));
}

static void
add_link(const struct look *look, enum link link, const char *name)
{
	char text[EVENT_VALUE_SIZE + 1];
	int added = name[0] == '\0' ? 0 : text_set_add(&look->search->links, text, write_link(text, link, name));
	look->search->found_new = look->search->found_new || added > 0;
	look->search->failed = look->search->failed || added < 0;
}

static void
keep(const struct look *look)
{
	struct search *search = look->search;
	search->failed = search->failed || !story_add(search->story, look->time, look->text);
	add_link(look, LINK_SESSION, look->session);
}

/* Keeps a check until it is known whether what it is about belongs to the story. */
static void
keep_open(const struct look *look)
{
	struct search *search = look->search;
	struct open_check *check = &search->open[search->open_count];
	if (search->open_count == OPEN_MAX || strlen(look->session) >= NAME_SIZE)
		return;
	memcpy(check->session, look->session, strlen(look->session) + 1);
	check->from[0] = '\0';
	if (look->match != MATCH_NONE && event_is(&look->event, "expanded"))
		event_get(&look->event, "from", check->from);
	check->event = search->story->count;
	keep(look);
	search->open_count += !search->failed;
}

static void
drop(struct search *search, const struct open_check *check)
{
	free(search->story->event[check->event].text);
	search->story->event[check->event].text = NULL;
}

/* The reply or message that the open checks of a session were about, which belongs to the story or not; or its end. */
static void
close_checks(struct look *look, bool belongs)
{
	struct search *search = look->search;
	size_t kept = 0;
	for (size_t i = 0; i < search->open_count; i++) {
		if (strcmp(search->open[i].session, look->session) != 0)
			search->open[kept++] = search->open[i];
		else if (!belongs && search->open[i].from[0] == '\0' && look->match == MATCH_NONE)
			drop(search, &search->open[i]);
	}
	search->open_count = kept;
}

/* Has an alias that was asked for been named in this session for a message from this sender? */
static bool
has_alias(const struct look *look)
{
	const struct search *search = look->search;
	char from[EVENT_VALUE_SIZE];
	event_get(&look->event, "from", from);
	for (size_t i = 0; i < search->open_count; i++)
		if (search->open[i].from[0] != '\0' && strcmp(search->open[i].session, look->session) == 0 &&
		    strcasecmp(search->open[i].from, from) == 0)
			return true;
	return false;
}

/* By the address of one recipient only that one is found; by its ID, or if it is a DSN, the whole message. */
static void
link_message(const struct look *look, bool whole)
{
	add_link(
	    look, whole || look->match == MATCH_ID || look->match == MATCH_REF ? LINK_WHOLE : LINK_MESSAGE, look->id);
}

static void
look_at_message(struct look *look)
{
	bool alias = has_alias(look);
	bool belongs = look->match != MATCH_NONE || alias || is_linked(look, LINK_MESSAGE, look->id) ||
	    is_linked(look, LINK_WHOLE, look->id);
	close_checks(look, belongs);
	if (!belongs)
		return;
	keep(look);
	link_message(look, alias);
}

/* A DSN does not name the recipients that it is about. */
static void
note_notice(const struct look *look, bool belongs)
{
	if (!belongs && event_is(&look->event, "bounced") && is_linked(look, LINK_MESSAGE, look->id))
		add_link(look, LINK_OTHER, look->id);
	if (belongs && (event_is(&look->event, "bounced") || event_is(&look->event, "deferred")))
		add_link(look, LINK_NOTICE, look->id);
}

/* Can the DSN be about a recipient of the story? If only others were given up, it is about these. */
static bool
is_about_others(const struct look *look)
{
	return !is_linked(look, LINK_WHOLE, look->id) && !is_linked(look, LINK_NOTICE, look->id) &&
	    is_linked(look, LINK_OTHER, look->id);
}

static void
look_at_recipient(struct look *look)
{
	char value[EVENT_VALUE_SIZE];
	bool is_dsn = event_get(&look->event, "message-id", value) && is_linked(look, LINK_DSN, value);
	bool whole = is_linked(look, LINK_WHOLE, look->id);
	bool belongs = look->match != MATCH_NONE || is_dsn || whole;
	note_notice(look, belongs);
	if (!belongs)
		return;
	keep(look);
	link_message(look, is_dsn || whole);
	if (look->match != MATCH_ADDRESS && event_get(&look->event, "mailbox", value))
		add_link(look, LINK_MAILBOX, value);
}

static void
look_at_entry(struct look *look)
{
	char value[EVENT_VALUE_SIZE];
	bool has_dsn = event_get(&look->event, "message-id", value);
	if (look->match == MATCH_NONE &&
	    (is_about_others(look) ||
	        (!is_linked(look, LINK_MESSAGE, look->id) && !is_linked(look, LINK_WHOLE, look->id))))
		return;
	keep(look);
	link_message(look, false);
	if (has_dsn)
		add_link(look, LINK_DSN, value);
}

static void
look_at_reply(struct look *look)
{
	bool belongs = look->match != MATCH_NONE;
	close_checks(look, belongs);
	if (belongs)
		keep(look);
}

static void
look_at_check(struct look *look)
{
	if (look->match != MATCH_NONE || is_linked(look, LINK_SESSION, look->session))
		keep_open(look);
}

/* Of a mailbox with a message that was asked for, only the ends of sessions that fetched something count. */
static bool
has_fetched(const struct look *look)
{
	char user[EVENT_VALUE_SIZE], fetched[EVENT_VALUE_SIZE];
	return event_is(&look->event, "logout") && event_get(&look->event, "user", user) &&
	    is_linked(look, LINK_MAILBOX, user) && event_get(&look->event, "fetched", fetched) &&
	    strcmp(fetched, "0") != 0;
}

static void
keep_fetch(const struct look *look)
{
	struct story *story = look->search->story;
	if (story_add(story, look->time, look->text))
		story->event[story->count - 1].fetch = true;
	else
		look->search->failed = true;
}

static void
look_at_session(struct look *look)
{
	if (event_is(&look->event, "disconnect"))
		close_checks(look, false);
	if (look->match != MATCH_NONE || is_linked(look, LINK_SESSION, look->session))
		keep(look);
	else if (has_fetched(look))
		keep_fetch(look);
}

/* Of a reference, the sessions that got it last; the first time only they are looked for. */
static void
note_recent(const struct look *look)
{
	struct search *search = look->search;
	const char *name = look->session[0] != '\0' ? look->session : look->id;
	size_t count = search->recent_count < SEARCH_SESSIONS_MAX ? search->recent_count : SEARCH_SESSIONS_MAX;
	if (look->match != MATCH_REF || strlen(name) >= NAME_SIZE)
		return;
	for (size_t i = 0; i < count; i++)
		if (strcmp(search->recent[i], name) == 0)
			return;
	memcpy(search->recent[search->recent_count++ % SEARCH_SESSIONS_MAX], name, strlen(name) + 1);
}

static bool
begin(struct look *look, const char *stamp)
{
	if (!event_read(&look->event, stamp, &look->time, &look->text) ||
	    !question_covers(look->search->question, look->time))
		return false;
	look->match = question_match(look->search->question, &look->event);
	event_get(&look->event, "session", look->session);
	look->id[0] = '\0';
	if (look->event.kind != EVENT_REPLY)
		event_get(&look->event, "id", look->id);
	return true;
}

static void
find_recent(void *context, const char *stamp, const char *text, size_t len)
{
	struct look look = { .search = context, .text = { text, len } };
	if (begin(&look, stamp))
		note_recent(&look);
}

static void
look_at(void *context, const char *stamp, const char *text, size_t len)
{
	static void (*const looks[])(struct look * look) = {
		[EVENT_SESSION] = look_at_session,
		[EVENT_CHECK] = look_at_check,
		[EVENT_REPLY] = look_at_reply,
		[EVENT_MESSAGE] = look_at_message,
		[EVENT_RECIPIENT] = look_at_recipient,
		[EVENT_ENTRY] = look_at_entry,
	};
	struct look look;
	look.search = context;
	look.text = (struct log_span) { text, len };
	if (look.search->failed || !begin(&look, stamp))
		return;
	if (look.match == MATCH_REF && !is_linked(&look, LINK_RECENT, look.session[0] != '\0' ? look.session : look.id))
		look.match = MATCH_NONE;
	looks[look.event.kind](&look);
}

static bool
run_passes(struct search *search, struct sources *sources)
{
	search->found_new = true;
	for (int pass = 0; search->found_new && pass < PASSES_MAX; pass++) {
		story_clear(search->story);
		search->found_new = false;
		search->open_count = 0;
		if (!sources_read(sources, search->question->since, look_at, search))
			return false;
		if (search->failed) {
			ctl_fail(0, "%s", strerror(ENOMEM));
			return false;
		}
	}
	story_sort(search->story);
	fetches_reduce(search->story);
	return true;
}

static bool
find_all_recent(struct search *search, struct sources *sources)
{
	struct look look = { .search = search };
	if (!sources_read(sources, search->question->since, find_recent, search))
		return false;
	for (size_t i = 0; i < SEARCH_SESSIONS_MAX; i++)
		add_link(&look, LINK_RECENT, search->recent[i]);
	return true;
}

bool
search_run(struct story *story, const struct question *question, struct sources *sources)
{
	struct search *search = calloc(1, sizeof *search);
	bool fine = search != NULL && (search->open = calloc(OPEN_MAX, sizeof *search->open)) != NULL;
	if (fine) {
		search->question = question;
		search->story = story;
		fine = (question->ref[0] == '\0' || find_all_recent(search, sources)) && run_passes(search, sources);
		text_set_clear(&search->links);
	} else {
		ctl_fail(0, "%s", strerror(ENOMEM));
	}
	if (search != NULL)
		free(search->open);
	free(search);
	return fine;
}
