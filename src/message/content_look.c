/* Matches a message against the rules for forbidden content. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gmime/gmime.h>

#include "message/content_rules_internal.h"
#include "message/mime_walk.h"

enum { BACKTRACK_MAX = 8 * 1024 }; /* KiB that a pattern may use to go back */

struct look {
	const struct content_rules *rules;
	struct content_finding *finding;
	pcre2_match_data *data;
	pcre2_match_context *limits;
	int64_t spent; /* nanoseconds of CPU, on patterns */
};

/* Ends the walk, as a visitor does. */
static bool
end(struct look *look, enum content_verdict verdict, const char *cause)
{
	look->finding->verdict = verdict;
	look->finding->cause = cause;
	return false;
}

static bool
see_text(struct look *look, enum rule_kind kind, const char *text)
{
	const struct content_rules *rules = look->rules;
	for (const struct rule *rule = rules->rules; rule < rules->rules + rules->count; rule++)
		if (rule->kind == kind && rule_globs_match(rule, text))
			return end(look, CONTENT_PROHIBITED, rule->cause);
	return true;
}

static bool
see_name(void *context, const char *name)
{
	return see_text(context, RULE_NAME, name);
}

static bool
see_type(void *context, const char *type)
{
	return see_text(context, RULE_TYPE, type);
}

static int64_t
cpu_time(void)
{
	struct timespec now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* A pattern that takes too long is passed over: it is bad, and not the message. */
static bool
pattern_matches(struct look *look, const struct rule *rule, const char *value)
{
	char *detail = look->finding->detail;
	int found = pcre2_match(rule->pattern, (PCRE2_SPTR)value, strlen(value), 0, 0, look->data, look->limits);
	if (found < 0 && found != PCRE2_ERROR_NOMATCH && detail[0] == '\0') {
		size_t len = (size_t)snprintf(detail, CONTENT_DETAIL_SIZE, "content rule, %s: ", rule->cause);
		pcre2_get_error_message(found, (PCRE2_UCHAR *)detail + len, CONTENT_DETAIL_SIZE - len);
	}
	return found >= 0;
}

static bool
match_header(struct look *look, const char *name, const char *value)
{
	const struct content_rules *rules = look->rules;
	int64_t before = cpu_time();
	for (const struct rule *rule = rules->rules; rule < rules->rules + rules->count; rule++) {
		if (rule->kind != RULE_HEADER || !rule_globs_match(rule, name))
			continue;
		if (pattern_matches(look, rule, value))
			return end(look, CONTENT_PROHIBITED, rule->cause);
		if (look->spent + cpu_time() - before > CONTENT_HEADER_TIME * 1000000LL)
			return end(look, CONTENT_BEYOND, "header-time");
	}
	look->spent += cpu_time() - before;
	return true;
}

static bool
see_field(void *context, const char *name, const char *value)
{
	char *part = g_strndup(value, CONTENT_VALUE_MAX), *decoded = g_mime_utils_header_decode_text(NULL, part);
	bool go_on = match_header(context, name, decoded);
	g_free(decoded);
	g_free(part);
	return go_on;
}

static void
conclude(struct content_finding *finding, enum mime_result result)
{
	static const char *const causes[] = {
		[MIME_DEPTH] = "mime-depth",
		[MIME_PARTS] = "mime-parts",
		[MIME_HEADER] = "mime-header",
		[MIME_BOUNDARY] = "mime-boundary",
	};
	if (result == MIME_WALKED)
		return;
	finding->verdict = result == MIME_FAILED ? CONTENT_FAILED : CONTENT_BEYOND;
	finding->cause = result == MIME_FAILED ? NULL : causes[result];
	if (result == MIME_FAILED)
		snprintf(finding->detail, sizeof finding->detail, "cannot read the message: %s", strerror(errno));
}

static void
walk(struct look *look, int file)
{
	const bool *has = look->rules->has;
	const struct mime_visitor visitor = {
		.field = has[RULE_HEADER] ? see_field : NULL,
		.type = has[RULE_TYPE] ? see_type : NULL,
		.name = has[RULE_NAME] ? see_name : NULL,
		.header_only = !has[RULE_TYPE] && !has[RULE_NAME],
		.context = look,
	};
	conclude(look->finding, mime_walk(file, &visitor));
}

void
content_rules_look(const struct content_rules *rules, int file, struct content_finding *finding)
{
	struct look look = { .rules = rules, .finding = finding };
	*finding = (struct content_finding) { .verdict = CONTENT_CLEAN };
	look.data = pcre2_match_data_create(1, NULL);
	look.limits = pcre2_match_context_create(NULL);
	if (look.data != NULL && look.limits != NULL) {
		pcre2_set_match_limit(look.limits, CONTENT_STEPS_MAX);
		pcre2_set_heap_limit(look.limits, BACKTRACK_MAX);
		walk(&look, file);
	} else {
		errno = ENOMEM;
		conclude(finding, MIME_FAILED);
	}
	pcre2_match_context_free(look.limits);
	pcre2_match_data_free(look.data);
}
