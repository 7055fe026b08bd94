/* What an event of the log says, in the language of the user. */
#include "cmd/ctl/trace/sentence.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text/printable.h"
#include "base/text/translate.h"

static const struct {
	const char *event, *text;
} sentences[] = {
#define SENTENCE(event, text) { event, text },
#include "cmd/ctl/trace/sentences.def"
#undef SENTENCE
};

void
sentence_time(char text[SENTENCE_TIME_SIZE], const char *time, long seconds)
{
	struct tm tm = { 0 };
	snprintf(text, SENTENCE_TIME_SIZE, "%.10s %.8sZ", time, strlen(time) > 11 ? time + 11 : "");
	if (seconds == 0 || strptime(time, "%Y-%m-%dT%H:%M:%S", &tm) == NULL)
		return;
	time_t when = timegm(&tm) + seconds;
	if (gmtime_r(&when, &tm) != NULL)
		strftime(text, SENTENCE_TIME_SIZE, "%Y-%m-%d %H:%M:%SZ", &tm);
}

/* The value of a key as people read it. */
static bool
find_value(const struct event *event, const char *time, const char *key, char value[EVENT_VALUE_SIZE])
{
	if (!event_get(event, key, value))
		return false;
	if (strcmp(key, "again") == 0)
		sentence_time(value, time, event_seconds(value));
	return true;
}

/* Reads "${KEY}" at text, which may be a translation with any fault. Returns its octets; 0: it is none. */
static size_t
read_key(const char *text, size_t len, char key[32])
{
	const char *end = len > 3 && text[0] == '$' && text[1] == '{' ? memchr(text, '}', len) : NULL;
	size_t key_len = end != NULL ? (size_t)(end - text) - 2 : 32;
	if (key_len >= 32)
		return 0;
	memcpy(key, text + 2, key_len);
	key[key_len] = '\0';
	return key_len + 3;
}

/* Writes a part without brackets; to NULL: only finds out whether each key has a value. */
static bool
write_part(FILE *to, const struct event *event, const char *time, const char *text, size_t len)
{
	char key[32], value[EVENT_VALUE_SIZE];
	bool whole = true;
	for (size_t at = 0, used; at < len; at += used) {
		used = read_key(text + at, len - at, key);
		if (used > 0) {
			bool found = find_value(event, time, key, value);
			whole = whole && found;
			if (to != NULL)
				printable_write(to, found ? value : "?", found ? strlen(value) : 1);
		} else {
			used = 1 + strcspn(text + at + 1, "$");
			used = used < len - at ? used : len - at;
			if (to != NULL)
				printable_write(to, text + at, used);
		}
	}
	return whole;
}

static void
write_sentence(FILE *to, const struct event *event, const char *time, const char *text)
{
	while (*text != '\0') {
		bool optional = *text == '[';
		text += optional;
		size_t len = strcspn(text, optional ? "]" : "[");
		if (!optional || write_part(NULL, event, time, text, len))
			write_part(to, event, time, text, len);
		text += len;
		text += optional && *text == ']';
	}
}

static void
write_pairs(FILE *to, const struct event *event)
{
	char value[EVENT_VALUE_SIZE];
	printable_write(to, event->name.text, event->name.len);
	for (size_t i = 0; i < event->count; i++) {
		size_t len = log_pair_value(&event->pair[i], value);
		fputc(' ', to);
		printable_write(to, event->pair[i].key.text, event->pair[i].key.len);
		fputc('=', to);
		printable_write(to, value, len);
	}
}

void
sentence_write(FILE *to, const struct event *event, const char *time)
{
	for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++)
		if (event_is(event, sentences[i].event)) {
			write_sentence(to, event, time, _(sentences[i].text));
			return;
		}
	write_pairs(to, event);
}
