/* Plays every conversation of tests/talk/pop3, in one piece, in pieces, split at every octet, pipelined, with jobs late. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <stdio.h>

#include "support/pop3_play.h"
#include "support/talk_run.h"

struct path {
	char text[256];
};

ParameterizedTestParameters(pop, goes_as_written)
{
	glob_t found;

	if (glob(TESTS_DIR "/talk/pop3/*.talk", 0, NULL, &found) != 0)
		return cr_make_param_array(struct path, NULL, 0);
	struct path *paths = cr_malloc(found.gl_pathc * sizeof *paths);
	for (size_t i = 0; i < found.gl_pathc; i++)
		snprintf(paths[i].text, sizeof paths[i].text, "%s", found.gl_pathv[i]);
	size_t count = found.gl_pathc;
	globfree(&found);
	return cr_make_param_array(struct path, paths, count);
}

ParameterizedTest(struct path *path, pop, goes_as_written)
{
	struct talk talk;

	talk_read(&talk, path->text);
	cr_assert_str_empty(talk.fault, "%s: %s", path->text, talk.fault);
	cr_assert_gt(talk.count, 0);
	talk_run_all_ways(&talk, FTG_PUBLISHED, pop_play, path->text);
	talk_run_all_ways(&talk, FTG_STRICT, pop_play, path->text);
	talk_free(&talk);
}
