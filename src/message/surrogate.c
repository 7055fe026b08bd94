/* Makes the surrogate of a message as it streams by, a field of its header at a time (RFC 6858). */
#include "message/surrogate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

/* Passes over the octets of a line, without its LF. */
static void
look_at_line(struct surrogate_look *look, const char *octets, size_t len)
{
	look->high = look->high || !ascii_is_all(octets, len);
	look->line_len += len;
	if (len > 0)
		look->cr = octets[len - 1] == '\r';
}

void
surrogate_look(struct surrogate_look *look, const char *octets, size_t len)
{
	for (const char *end = octets + len; octets < end && !look->ended && !look->high;) {
		const char *lf = memchr(octets, '\n', (size_t)(end - octets));
		size_t run = (size_t)((lf != NULL ? lf : end) - octets);
		look_at_line(look, octets, run);
		look->size += run + (lf != NULL);
		octets += run + (lf != NULL);
		if (lf == NULL)
			break;
		look->ended = look->line_len == 0 || (look->line_len == 1 && look->cr) ||
		    look->size > SURROGATE_HEADER_MAX;
		look->line_len = 0;
		look->cr = false;
	}
}

static bool
append(char **text, size_t *len, size_t *room, const char *octets, size_t added)
{
	if (added > *room - *len) {
		size_t wanted = *room == 0 ? 1024 : *room;
		while (wanted - *len < added)
			wanted *= 2;
		char *grown = realloc(*text, wanted);
		if (grown == NULL)
			return false;
		*text = grown;
		*room = wanted;
	}
	if (added > 0)
		memcpy(*text + *len, octets, added);
	*len += added;
	return true;
}

void
surrogate_write(struct surrogate *s, const char *octets, size_t len)
{
	s->failed = s->failed || !append(&s->octets, &s->len, &s->room, octets, len);
}

/* Does the text begin with a word, in any case? */
static bool
begins(const char *text, const char *end, const char *word)
{
	size_t len = strlen(word);
	return (size_t)(end - text) >= len && ascii_equal(text, word, len);
}

/* The protocol stands behind "with": UTF8SMTP, UTF8SMTPS, UTF8LMTPA and so on (RFC 6531 section 4.3). */
static bool
is_declared(const char *field, size_t len)
{
	for (const char *at = field, *end = field + len; at < end; at++) {
		if ((*at != ' ' && *at != '\t') || !begins(at + 1, end, "with"))
			continue;
		const char *word = at + 1 + strlen("with");
		while (word < end && ascii_is_space(*word))
			word++;
		if (begins(word, end, "UTF8SMTP") || begins(word, end, "UTF8LMTP"))
			return true;
	}
	return false;
}

static void
finish_field(struct surrogate *s)
{
	const char *field = s->field;
	size_t len = s->field_len;
	bool ascii = len == 0 || ascii_is_all(field, len);
	s->field_len = 0;
	s->too_long = false;
	if (len == 0)
		return;
	if (!s->received && begins(field, field + len, "Received:")) {
		s->received = true;
		s->declared = is_declared(field, len);
	}
	if (ascii)
		surrogate_write(s, field, len);
	else
		surrogate_convert(s, field, len);
}

static void
add_to_field(struct surrogate *s, const char *octets, size_t len)
{
	s->high = s->high || !ascii_is_all(octets, len);
	if (s->too_long || s->field_len + len > SURROGATE_FIELD_MAX) {
		s->too_long = true;
		s->field_len = 0;
	} else if (!append(&s->field, &s->field_len, &s->field_room, octets, len)) {
		s->failed = true;
	}
}

/* A line that does not begin with white space begins a field, or is the empty line behind the header. */
static void
begin_line(struct surrogate *s, char first)
{
	if (first != ' ' && first != '\t')
		finish_field(s);
	if (s->size > SURROGATE_HEADER_MAX) {
		finish_field(s);
		s->body = true;
	}
}

static void
end_line(struct surrogate *s)
{
	bool empty = s->field_len > 0 && s->field_len == s->line_len &&
	    (s->line_len == 1 || (s->line_len == 2 && s->field[0] == '\r'));
	s->line_len = 0;
	if (!empty)
		return;
	finish_field(s);
	s->body = true;
}

int
surrogate_put(struct surrogate *s, const char *octets, size_t len)
{
	const char *end = octets + len;
	while (octets < end && !s->body) {
		if (s->line_len == 0)
			begin_line(s, *octets);
		if (s->body)
			break;
		const char *lf = memchr(octets, '\n', (size_t)(end - octets));
		size_t run = lf != NULL ? (size_t)(lf - octets) + 1 : (size_t)(end - octets);
		add_to_field(s, octets, run);
		s->line_len += run;
		s->size += run;
		octets += run;
		if (lf != NULL)
			end_line(s);
	}
	surrogate_write(s, octets, (size_t)(end - octets));
	if (s->failed)
		errno = ENOMEM;
	return s->failed ? -1 : 0;
}

int
surrogate_end(struct surrogate *s)
{
	finish_field(s);
	if (s->failed)
		errno = ENOMEM;
	return s->failed ? -1 : 0;
}

bool
surrogate_is_needed(const struct surrogate *s)
{
	return s->high && (s->declared || s->addressed);
}

void
surrogate_clear(struct surrogate *s)
{
	free(s->octets);
	free(s->field);
	*s = (struct surrogate) { 0 };
}
