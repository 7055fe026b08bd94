/* What trace is asked for. */
#include "cmd/ctl/trace/question.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/text/ascii.h"

/* "#4.28", "4.28" or "(#4.28)". */
static bool
read_reference(char ref[8], const char *text)
{
	text += *text == '(';
	text += *text == '#';
	if (!ascii_is_digit(text[0]) || text[1] != '.' || !ascii_is_digit(text[2]) || !ascii_is_digit(text[3]) ||
	    (text[4] != '\0' && strcmp(text + 4, ")") != 0))
		return false;
	snprintf(ref, 8, "#%.4s", text);
	return true;
}

static void
read_address(struct question *question)
{
	struct address address;
	const char *text = question->text;
	if (address_parse(&address, text, strlen(text), true, true) == ADDRESS_OK)
		address_write(question->address, address.local, address.domain);
	if (strchr(text, '@') != NULL)
		snprintf(question->message_id, sizeof question->message_id, "<%.*s>", EVENT_VALUE_SIZE - 3, text);
}

bool
question_read(struct question *question, const char *text)
{
	text += strspn(text, " \t");
	size_t len = strlen(text);
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t'))
		len--;
	if (len > 2 && text[0] == '<' && text[len - 1] == '>') {
		text++;
		len -= 2;
	}
	if (len == 0 || len >= sizeof question->text)
		return false;
	memcpy(question->text, text, len);
	question->text[len] = '\0';
	enum ftg_id id = ftg_id_find(question->text);
	if (id != FTG_IDS)
		snprintf(question->ref, sizeof question->ref, "%s", ftg_row(id)->ref);
	else if (!read_reference(question->ref, question->text))
		read_address(question);
	return true;
}

/* "90m", "2h", "3d": that long ago. */
static bool
read_ago(char stamp[SOURCE_STAMP_SIZE], const char *text)
{
	static const char units[] = "smhdw";
	static const long seconds[] = { 1, 60, 3600, 86400, 7 * 86400 };
	char *end;
	if (!ascii_is_digit(*text))
		return false;
	long number = strtol(text, &end, 10);
	const char *unit = *end != '\0' ? strchr(units, *end) : NULL;
	if (unit == NULL || end[1] != '\0' || number > 100000)
		return false;
	time_t when = time(NULL) - number * seconds[unit - units];
	struct tm tm;
	return gmtime_r(&when, &tm) != NULL && strftime(stamp, SOURCE_STAMP_SIZE, "%Y-%m-%dT%H:%M:%S", &tm) > 0;
}

/* The beginning of a time of the log, cut behind the day, the minute, the second or the millisecond. */
static bool
read_stamp(char stamp[SOURCE_STAMP_SIZE], const char *text)
{
	static const char form[] = "0000-00-00T00:00:00.000";
	size_t len = strlen(text);
	len -= len > 10 && text[len - 1] == 'Z';
	if (len != 10 && len != 16 && len != 19 && len != 23)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = i == 10 && text[i] == ' ' ? 'T' : text[i];
		if (form[i] == '0' ? !ascii_is_digit(c) : c != form[i])
			return false;
		stamp[i] = c;
	}
	stamp[len] = '\0';
	return true;
}

bool
question_set_time(struct question *question, unsigned which, const char *text)
{
	char *stamp = question->times[which];
	if (!read_ago(stamp, text) && !read_stamp(stamp, text))
		return false;
	*(which == 0 ? &question->since : &question->until) = stamp;
	return true;
}

bool
question_covers(const struct question *question, struct log_span time)
{
	return (question->since == NULL || strncmp(time.text, question->since, strlen(question->since)) >= 0) &&
	    (question->until == NULL || strncmp(time.text, question->until, strlen(question->until)) <= 0);
}

/* Compares a value without making a copy of it, unless it has escapes. */
static bool
is_value(const struct log_pair *pair, const char *text)
{
	char value[EVENT_VALUE_SIZE];
	size_t len = strlen(text);
	if (len == 0)
		return false;
	if (!pair->quoted)
		return pair->raw.len == len && strncasecmp(pair->raw.text, text, len) == 0;
	return log_pair_value(pair, value) == len && strncasecmp(value, text, len) == 0;
}

static bool
is_one_of(const struct log_pair *pair, const char *const keys[])
{
	for (size_t i = 0; keys[i] != NULL; i++)
		if (log_pair_is(pair, keys[i]))
			return true;
	return false;
}

static enum question_match
match_pair(const struct question *question, const struct event *event, const struct log_pair *pair)
{
	static const char *const addresses[] = { "from", "to", "mailbox", "user", NULL };
	static const char *const ids[] = { "session", "id", "queue", NULL };
	static const char *const refs[] = { "ref", "reason", NULL };
	if (question->ref[0] != '\0')
		return is_value(pair, question->ref) && is_one_of(pair, refs) ? MATCH_REF : MATCH_NONE;
	if (is_value(pair, question->message_id) && log_pair_is(pair, "message-id"))
		return MATCH_ID;
	bool text = is_value(pair, question->text);
	if ((text || is_value(pair, question->address)) && is_one_of(pair, addresses))
		return MATCH_ADDRESS;
	return text && event->kind != EVENT_REPLY && is_one_of(pair, ids) ? MATCH_ID
	    : text && log_pair_is(pair, "session")                        ? MATCH_ID
	                                                                  : MATCH_NONE;
}

enum question_match
question_match(const struct question *question, const struct event *event)
{
	enum question_match best = MATCH_NONE;
	for (size_t i = 0; i < event->count && best != MATCH_ID; i++) {
		enum question_match match = match_pair(question, event, &event->pair[i]);
		if (match != MATCH_NONE)
			best = match;
	}
	return best;
}
