/* Changes to the header of a message that are to be made at once. */
#include "base/text/field_edits.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/printable.h"
#include "base/text/text_buffer.h"
#include "base/text/utf8.h"

enum { FOLD_AT = 78 };

/* A field that is being written. */
struct writer {
	char *text;
	size_t len;
	bool utf8, high;
};

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* ftext of RFC 5322 section 3.6.8. */
static bool
is_name(const char *name)
{
	size_t len = 0;
	for (; name[len] != '\0' && len <= FIELD_NAME_MAX; len++)
		if (name[len] <= ' ' || name[len] > '~' || name[len] == ':')
			return false;
	return len > 0 && len <= FIELD_NAME_MAX;
}

/* Are the octets of a line text: no control character, valid UTF-8, and more than white space? */
static bool
is_text(struct writer *writer, const char *line, size_t len)
{
	bool some = false;
	for (size_t i = 0, step; i < len; i += step) {
		step = utf8_length(line + i, len - i);
		if (step == 0 || (step == 1 && line[i] != '\t' && ascii_is_control(line[i])))
			return false;
		writer->high |= step > 1;
		some |= !is_blank(line[i]);
	}
	return some && (writer->utf8 || !writer->high);
}

/*
 * The last place to fold a line of more than FOLD_AT octets before that limit, else the first one behind it; 0: none.
 */
static size_t
find_fold(const char *line, size_t len, size_t begin)
{
	size_t found = 0;
	while (begin < len && is_blank(line[begin]))
		begin++;
	for (size_t i = begin + 1; i + 1 < len && (found == 0 || i <= FOLD_AT); i++)
		if (is_blank(line[i]) && !is_blank(line[i + 1]) && !is_blank(line[i - 1]))
			found = i;
	return found;
}

/* Appends a line, and its end; begin is the length of the name that it begins with. */
static bool
put_line(struct writer *writer, const char *line, size_t len, size_t begin)
{
	for (size_t at; len > FOLD_AT && (at = find_fold(line, len, begin)) > 0; begin = 0) {
		if (at > FIELD_LINE_MAX)
			return false;
		memcpy(writer->text + writer->len, line, at);
		writer->len += at;
		writer->text[writer->len++] = '\n';
		line += at;
		len -= at;
	}
	if (len > FIELD_LINE_MAX)
		return false;
	memcpy(writer->text + writer->len, line, len);
	writer->len += len;
	writer->text[writer->len++] = '\n';
	return true;
}

/* Takes the first line of a text; returns its length without its end. */
static size_t
take_line(const char *text, size_t len, size_t *taken)
{
	const char *lf = memchr(text, '\n', len);
	size_t line = lf == NULL ? len : (size_t)(lf - text);
	*taken = line + (lf != NULL);
	return lf != NULL && line > 0 && text[line - 1] == '\r' ? line - 1 : line;
}

/*
 * Writes the field; first has the name, and room for the first line. The lines behind the first begin with white
 * space.
 */
static bool
put_field(struct writer *writer, char *first, size_t name_len, const char *value, size_t len)
{
	size_t taken, line = take_line(value, len, &taken);
	if (line > 0 && !is_text(writer, value, line))
		return false;
	memcpy(first + name_len, value, line);
	if (!put_line(writer, first, name_len + line, name_len))
		return false;
	for (size_t at = taken; at < len; at += taken) {
		line = take_line(value + at, len - at, &taken);
		if (!is_blank(value[at]) || !is_text(writer, value + at, line) ||
		    !put_line(writer, value + at, line, 0))
			return false;
	}
	return true;
}

static int
write_field(struct writer *writer, const char *name, const char *value, size_t len)
{
	size_t name_len = strlen(name) + 2;
	char *first = malloc(name_len + len + 1);
	writer->text = malloc(2 * (name_len + len) + 2);
	if (first == NULL || writer->text == NULL) {
		free(first);
		return ENOMEM;
	}
	memcpy(first, name, name_len - 2);
	memcpy(first + name_len - 2, ": ", 2);
	bool written = put_field(writer, first, name_len, value, len);
	free(first);
	if (!written)
		return EINVAL;
	writer->text[writer->len] = '\0';
	return 0;
}

char *
field_write(const char *name, const char *value, bool utf8, bool *high)
{
	struct writer writer = { .utf8 = utf8 };
	while (is_blank(*value))
		value++;
	size_t len = strlen(value);
	while (len > 0 && ascii_is_space(value[len - 1]))
		len--;
	int error = !is_name(name) ? EINVAL : len > FIELD_EDITS_OCTETS ? E2BIG : write_field(&writer, name, value, len);
	if (error != 0) {
		free(writer.text);
		errno = error;
		return NULL;
	}
	*high |= writer.high;
	return writer.text;
}

/* A name from outside may hold anything. Once they do not fit, no more are kept. */
void
field_edits_leave_out(struct field_edits *edits, const char *name)
{
	size_t len = strlen(edits->left_out);
	char clean[FIELD_NAME_MAX + 1];
	struct text_buffer names = { edits->left_out, sizeof edits->left_out, len };
	printable_copy(clean, sizeof clean, name, strnlen(name, FIELD_NAME_MAX));
	text_buffer_put(&names, "%s%s", len > 0 ? " " : "", clean[0] != '\0' ? clean : "?");
	edits->left_out[names.len] = '\0';
}

static int
fail(struct field_edits *edits, const char *name, int error)
{
	field_edits_leave_out(edits, name);
	errno = error;
	return -1;
}

/* Counts a new text, which is freed if there are too many octets. */
static bool
count_octets(struct field_edits *edits, char *text)
{
	size_t len = strlen(text);
	if (len > FIELD_EDITS_OCTETS - edits->octets) {
		free(text);
		return false;
	}
	edits->octets += len;
	return true;
}

int
field_edits_add(struct field_edits *edits, const char *name, const char *value, int order)
{
	if (edits->added_count == FIELD_EDITS_ADDED)
		return fail(edits, name, E2BIG);
	char *text = field_write(name, value, edits->utf8, &edits->high);
	if (text == NULL)
		return fail(edits, name, errno);
	if (!count_octets(edits, text))
		return fail(edits, name, E2BIG);
	edits->added[edits->added_count++] = (struct field_added) { text, order };
	return 0;
}

int
field_edits_remove(struct field_edits *edits, const char *name, int which)
{
	if (!is_name(name))
		return fail(edits, name, EINVAL);
	if (edits->removed_count == FIELD_EDITS_REMOVED)
		return fail(edits, name, E2BIG);
	struct field_removal *removal = &edits->removed[edits->removed_count++];
	memcpy(removal->name, name, strlen(name) + 1);
	removal->which = which;
	return 0;
}

int
field_edits_subject(struct field_edits *edits, const char *value)
{
	char *text = field_write("Subject", value, edits->utf8, &edits->high);
	if (text == NULL)
		return fail(edits, "Subject", errno);
	if (!count_octets(edits, text))
		return fail(edits, "Subject", E2BIG);
	free(edits->subject);
	edits->subject = text;
	return 0;
}

/* By insertion: there are few. */
void
field_edits_sort(struct field_edits *edits)
{
	for (size_t i = 1; i < edits->added_count; i++) {
		struct field_added moved = edits->added[i];
		size_t to = i;
		for (; to > 0 && edits->added[to - 1].order > moved.order; to--)
			edits->added[to] = edits->added[to - 1];
		edits->added[to] = moved;
	}
}

bool
field_edits_is_empty(const struct field_edits *edits)
{
	return edits->added_count == 0 && edits->removed_count == 0 && edits->subject == NULL &&
	    edits->own_name == NULL && edits->date == NULL && edits->message_id == NULL && edits->domain == NULL &&
	    !edits->bcc;
}

void
field_edits_clear(struct field_edits *edits)
{
	for (size_t i = 0; i < edits->added_count; i++)
		free(edits->added[i].text);
	free(edits->subject);
	free(edits->date);
	free(edits->message_id);
	free(edits->domain);
	*edits = (struct field_edits) { 0 };
}
