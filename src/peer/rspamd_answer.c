/* Parses the answer of rspamd to /checkv2: a JSON object with an action. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/text/printable.h"
#include "peer/rspamd.h"
#include "peer/rspamd_edits.h"

/*
 * "greylist" is advice: if rspamd's module of that name keeps records, its action is "soft reject" while the mail has to wait,
 * and another one afterwards. Which changes to the header an action means is found in rspamd_edits.c.
 */
static const struct {
	const char *name;
	enum scan_verdict verdict;
} actions[] = {
	{ "no action", SCAN_CLEAN },
	{ "greylist", SCAN_SUSPECT },
	{ "add header", SCAN_CLEAN },
	{ "rewrite subject", SCAN_CLEAN },
	{ "soft reject", SCAN_DEFERRED },
	{ "reject", SCAN_REFUSED },
};

static void
keep(char text[SCAN_TEXT_SIZE], const json_t *string, const char *instead)
{
	if (json_is_string(string) && json_string_length(string) > 0)
		printable_copy(text, SCAN_TEXT_SIZE, json_string_value(string), json_string_length(string));
	else
		snprintf(text, SCAN_TEXT_SIZE, "%s", instead);
}

static bool
passes(enum scan_verdict verdict)
{
	return verdict == SCAN_CLEAN || verdict == SCAN_SUSPECT;
}

static enum scan_verdict
judge(const json_t *answer, const char *action, char text[SCAN_TEXT_SIZE])
{
	const json_t *words = json_object_get(json_object_get(answer, "messages"), "smtp_message");

	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++) {
		if (strcmp(actions[i].name, action) != 0)
			continue;
		if (!passes(actions[i].verdict))
			keep(text, words, actions[i].verdict == SCAN_REFUSED ? "Spam message rejected" : "");
		return actions[i].verdict;
	}
	snprintf(text, SCAN_TEXT_SIZE, "an action that is not done here: ");
	size_t len = strlen(text);
	printable_copy(text + len, SCAN_TEXT_SIZE - len, action, strlen(action));
	return SCAN_CLEAN;
}

static enum scan_verdict
read_object(const json_t *answer, bool spf, struct field_edits *edits, char text[SCAN_TEXT_SIZE])
{
	const char *action = json_string_value(json_object_get(answer, "action"));

	if (action == NULL) {
		keep(text, json_object_get(answer, "error"), "no action in the answer");
		return SCAN_FAILED;
	}
	if (spf && json_object_get(json_object_get(answer, "symbols"), "R_SPF_FAIL") != NULL)
		return SCAN_SPF;
	enum scan_verdict verdict = judge(answer, action, text);
	if (passes(verdict) && edits != NULL)
		rspamd_edits_read(answer, action, edits);
	return verdict;
}

enum scan_verdict
rspamd_answer_read(const char *json, size_t len, bool spf, struct field_edits *edits, char text[SCAN_TEXT_SIZE])
{
	json_error_t error;
	json_t *answer = json_loadb(json, len, 0, &error);

	text[0] = '\0';
	if (answer == NULL) {
		snprintf(text, SCAN_TEXT_SIZE, "the answer is not JSON: ");
		size_t used = strlen(text);
		printable_copy(text + used, SCAN_TEXT_SIZE - used, error.text, strlen(error.text));
		return SCAN_FAILED;
	}
	enum scan_verdict verdict = read_object(answer, spf, edits, text);
	json_decref(answer);
	return verdict;
}
