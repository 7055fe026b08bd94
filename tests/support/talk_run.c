/* Plays conversations with a session of any protocol. */
#include "talk_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPLITS_MAX = 400 }; /* longer stretches are split at every so many octets */

struct play {
	const struct talk_run *run;
	struct talk_actor *actor;
	struct octets sent;          /* not yet fed */
	struct octets expected[SET]; /* by kind of step */
	unsigned line;
};

static void
add_text(struct octets *octets, const char *text)
{
	octets_add(octets, text, strlen(text));
}

/* Printable, one line a line, for people to read. */
static void
add_shown(struct octets *octets, const struct octets *shown)
{
	for (size_t i = 0; i < shown->len; i++) {
		char c = shown->bytes[i], text[8];
		snprintf(text, sizeof text, c >= ' ' && c <= '~' ? "%c" : "\\x%02x", (unsigned char)c);
		add_text(octets, text);
		if (c == '\n')
			add_text(octets, "\n");
	}
}

static void
add_fault(struct play *play, const char *what, const struct octets *expected, const struct octets *got)
{
	struct octets *fault = play->actor->fault;
	char where[256];

	snprintf(where, sizeof where, "before line %u, profile %d, way %d at %zu%s: %s\nexpected\n", play->line,
	    (int)play->run->profile, (int)play->run->way, play->run->at, play->run->late ? ", jobs late" : "", what);
	add_text(fault, where);
	add_shown(fault, expected);
	add_text(fault, "got\n");
	add_shown(fault, got);
}

/* Compares what there is of a kind, and forgets it. Only what the client gets must be told whole. */
static void
compare(struct play *play, enum talk_kind kind)
{
	static const char *const names[SET] = { "", "output", "message", "log", "queue" };
	struct octets *expected = &play->expected[kind], *got = play->actor->got[kind];

	if (kind == SAID || (expected->len > 0 && play->run->way != TALK_PIPELINED))
		if (expected->len != got->len || memcmp(expected->bytes, got->bytes, got->len) != 0)
			add_fault(play, names[kind], expected, got);
	octets_clear(got);
	if (kind == SAID || play->run->way != TALK_PIPELINED)
		octets_clear(expected);
}

static void
feed(struct play *play)
{
	struct talk_actor *actor = play->actor;
	struct octets *sent = &play->sent;
	size_t at = play->run->at < sent->len ? play->run->at : sent->len;

	if (sent->len == 0)
		return;
	if (play->run->way == TALK_PIECES) {
		actor->feed(actor, sent->bytes, sent->len, play->run->at);
	} else if (play->run->way == TALK_SPLIT) {
		actor->feed(actor, sent->bytes, at, sent->len);
		actor->feed(actor, sent->bytes + at, sent->len - at, sent->len);
	} else {
		actor->feed(actor, sent->bytes, sent->len, sent->len);
	}
	octets_clear(sent);
}

/* Has the client say what it has to say so far, and looks at what came of it. */
static void
settle(struct play *play)
{
	feed(play);
	for (unsigned kind = SAID; kind < SET; kind++)
		if (play->actor->got[kind] != NULL)
			compare(play, (enum talk_kind)kind);
}

static void
play_step(struct play *play, const struct talk_step *step, const struct talk_step *before)
{
	const char *name = step->octets.bytes;
	bool answered = before != NULL && before->kind != SENT;

	play->line = step->line;
	if (step->kind == SET || (step->kind == SENT && answered && play->run->way != TALK_PIPELINED))
		settle(play);
	if (step->kind == SET) {
		if (!play->actor->set(play->actor, name, name + strlen(name) + 1))
			add_text(play->actor->fault, "unknown setting\n");
		return;
	}
	struct octets *to = step->kind == SENT ? &play->sent : &play->expected[step->kind];
	for (unsigned i = 0; i < step->times; i++)
		octets_add(to, step->octets.bytes, step->octets.len);
}

bool
talk_run(const struct talk *talk, const struct talk_run *run, struct talk_actor *actor)
{
	struct play play = { .run = run, .actor = actor };
	const struct talk_step *before = NULL;

	octets_clear(&play.sent);
	for (unsigned kind = SAID; kind < SET; kind++)
		octets_clear(&play.expected[kind]);
	for (size_t i = 0; i < talk->count && actor->fault->len == 0; i++) {
		if (!talk->steps[i].profiles[run->profile])
			continue;
		play_step(&play, &talk->steps[i], before);
		before = &talk->steps[i];
	}
	settle(&play);
	free(play.sent.bytes);
	for (unsigned kind = SAID; kind < SET; kind++)
		free(play.expected[kind].bytes);
	return actor->fault->len == 0;
}

void
talk_run_all_ways(const struct talk *talk, enum ftg_profile profile,
    bool (*play)(const struct talk *talk, const struct talk_run *run, struct octets *fault), const char *path)
{
	static const struct talk_run ways[] = { { .way = TALK_WHOLE }, { .way = TALK_WHOLE, .late = true },
		{ .way = TALK_PIECES, .at = 1 }, { .way = TALK_PIECES, .at = 2, .late = true },
		{ .way = TALK_PIECES, .at = 3 }, { .way = TALK_PIECES, .at = 7, .late = true },
		{ .way = TALK_PIECES, .at = 64 }, { .way = TALK_PIECES, .at = 1000, .late = true },
		{ .way = TALK_PIPELINED }, { .way = TALK_PIPELINED, .late = true } };
	const size_t step = 1 + talk->longest / SPLITS_MAX;
	struct octets fault = { 0 };

	if (!talk->profiles[profile])
		return;
	for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
		struct talk_run run = ways[i];
		run.profile = profile;
		if (run.way != TALK_PIPELINED || !talk->has_midway)
			cr_assert(play(talk, &run, &fault), "%s: %s", path, fault.bytes);
	}
	for (size_t at = 1; at < talk->longest; at += step)
		cr_assert(play(talk, &(struct talk_run) { .profile = profile, .way = TALK_SPLIT, .at = at }, &fault),
		    "%s: %s", path, fault.bytes);
	free(fault.bytes);
}
