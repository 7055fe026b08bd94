/* Plays every conversation of tests/talk, in one piece, in pieces, split at every octet, pipelined, with jobs late. */
#include "talk.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SPLITS_MAX = 400 }; /* longer stretches are split at every so many octets */

struct path {
	char text[256];
};

static void
play(const struct talk *talk, struct talk_run run, const char *path)
{
	struct octets fault = { 0 };

	if (talk->profiles[run.profile])
		cr_assert(talk_play(talk, &run, &fault), "%s: %s", path, fault.bytes);
	free(fault.bytes);
}

static void
play_all_ways(const struct talk *talk, enum ftg_profile profile, const char *path)
{
	static const size_t pieces[] = { 1, 2, 3, 7, 64, 1000 };
	const size_t step = 1 + talk->longest / SPLITS_MAX;

	play(talk, (struct talk_run) { .profile = profile }, path);
	play(talk, (struct talk_run) { .profile = profile, .late = true }, path);
	for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++)
		play(talk, (struct talk_run) { .profile = profile, .way = TALK_PIECES, .at = pieces[i], .late = i & 1 },
		    path);
	for (size_t at = 1; at < talk->longest; at += step)
		play(talk, (struct talk_run) { .profile = profile, .way = TALK_SPLIT, .at = at }, path);
	if (!talk->has_midway)
		play(talk, (struct talk_run) { .profile = profile, .way = TALK_PIPELINED }, path);
}

ParameterizedTestParameters(talk, goes_as_written)
{
	glob_t found;

	if (glob(TESTS_DIR "/talk/*.talk", 0, NULL, &found) != 0)
		return cr_make_param_array(struct path, NULL, 0);
	struct path *paths = cr_malloc(found.gl_pathc * sizeof *paths);
	for (size_t i = 0; i < found.gl_pathc; i++)
		snprintf(paths[i].text, sizeof paths[i].text, "%s", found.gl_pathv[i]);
	size_t count = found.gl_pathc;
	globfree(&found);
	return cr_make_param_array(struct path, paths, count);
}

ParameterizedTest(struct path *path, talk, goes_as_written)
{
	struct talk talk;

	talk_read(&talk, path->text);
	cr_assert_str_empty(talk.fault, "%s: %s", path->text, talk.fault);
	cr_assert_gt(talk.count, 0);
	play_all_ways(&talk, FTG_PUBLISHED, path->text);
	play_all_ways(&talk, FTG_STRICT, path->text);
	talk_free(&talk);
}
