/* Reads the export format of the journal (systemd.io/JOURNAL_EXPORT_FORMATS). */
#include "cmd/ctl/trace/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text/ascii.h"

/* What is kept of an entry. */
struct entry {
	char stamp[SOURCE_STAMP_SIZE];
	bool has_message;
	size_t len;
	char message[INPUT_LINE_MAX];
};

static bool
is_name(const char *text, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(text, name, len) == 0;
}

/* Microseconds since 1970, in decimal digits, before the year 10000. */
static void
set_time(struct entry *entry, const char *value, size_t len)
{
	static const uint64_t most = UINT64_C(253402300800) * 1000000;
	char seconds[SOURCE_STAMP_SIZE];
	uint64_t microseconds = 0;
	struct tm tm;
	entry->stamp[0] = '\0';
	for (size_t i = 0; i < len; i++) {
		if (!ascii_is_digit(value[i]) || microseconds >= most)
			return;
		microseconds = 10 * microseconds + (uint64_t)(value[i] - '0');
	}
	time_t when = (time_t)(microseconds / 1000000);
	if (microseconds < most && gmtime_r(&when, &tm) != NULL &&
	    strftime(seconds, sizeof seconds, "%Y-%m-%dT%H:%M:%S", &tm) > 0)
		snprintf(
		    entry->stamp, sizeof entry->stamp, "%.19s.%03uZ", seconds, (unsigned)(microseconds / 1000 % 1000));
}

static void
set_field(struct entry *entry, const char *name, size_t name_len, const char *value, size_t len)
{
	if (is_name(name, name_len, "__REALTIME_TIMESTAMP"))
		set_time(entry, value, len);
	if (!is_name(name, name_len, "MESSAGE") || len > sizeof entry->message)
		return;
	memcpy(entry->message, value, len);
	entry->len = len;
	entry->has_message = true;
}

/* A field whose value can hold any octet: its length in 64 bits, little-endian, the value and a line feed follow its name. */
static bool
read_binary(struct input *input, struct entry *entry, const char *line, size_t len)
{
	char name[64];
	size_t name_len = len < sizeof name ? len : 0;
	uint64_t size = 0;
	memcpy(name, line, name_len);
	const char *octets = input_octets(input, sizeof size);
	if (octets == NULL)
		return false;
	for (size_t i = 0; i < sizeof size; i++)
		size |= (uint64_t)(unsigned char)octets[i] << 8 * i;
	if (size > INPUT_LINE_MAX)
		return input_skip(input, size) && input_skip(input, 1);
	octets = input_octets(input, (size_t)size);
	if (octets == NULL)
		return false;
	set_field(entry, name, name_len, octets, (size_t)size);
	return input_skip(input, 1);
}

static void
finish(struct entry *entry, source_line *line, void *context)
{
	if (entry->has_message && entry->stamp[0] != '\0')
		line(context, entry->stamp, entry->message, entry->len);
	entry->has_message = false;
	entry->stamp[0] = '\0';
}

bool
journal_read(struct input *input, source_line *line, void *context)
{
	struct entry *entry = calloc(1, sizeof *entry);
	const char *text;
	size_t len;
	bool fine = entry != NULL;
	while (fine && input_line(input, &text, &len)) {
		const char *equals = memchr(text, '=', len);
		if (len == 0)
			finish(entry, line, context);
		else if (equals != NULL)
			set_field(entry, text, (size_t)(equals - text), equals + 1, len - (size_t)(equals - text) - 1);
		else
			fine = read_binary(input, entry, text, len);
	}
	if (fine)
		finish(entry, line, context);
	free(entry);
	return fine && !input->failed;
}
