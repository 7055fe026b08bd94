/* Completes addresses without a domain in fields such as From. */
#include "message/address_complete.h"

#include <string.h>

#include "base/text/ascii.h"

/* The element of the list that is being read: a name, an address, or a name with an address in angle brackets. */
struct element {
	unsigned words; /* outside of angle brackets, or within; dots join words */
	size_t end;     /* of the last word */
	size_t begin;   /* of it */
	bool special;   /* an octet that no local part alone has */
	bool angle;     /* angle brackets have begun */
	bool done;      /* they have ended */
};

struct reader {
	const char *value;
	size_t len, at;
	struct element element;
	void (*found)(void *context, size_t begin, size_t end);
	void *context;
};

bool
address_complete_field(const char *name, size_t name_len)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == name_len && ascii_equal(name, names[i], name_len))
			return true;
	return false;
}

/* Comments nest. Returns false if it does not end. */
static bool
skip_comment(struct reader *reader)
{
	unsigned depth = 0;
	for (; reader->at < reader->len; reader->at++) {
		char c = reader->value[reader->at];
		if (c == '\\')
			reader->at++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0) {
			reader->at++;
			return true;
		}
	}
	return false;
}

static bool
skip_quoted(struct reader *reader)
{
	for (reader->at++; reader->at < reader->len; reader->at++) {
		char c = reader->value[reader->at];
		if (c == '\\')
			reader->at++;
		else if (c == '"') {
			reader->at++;
			return true;
		}
	}
	return false;
}

static void
skip_atom(struct reader *reader)
{
	while (reader->at < reader->len && strchr(" \t\r\n()<>[]:;@\\,\"", reader->value[reader->at]) == NULL)
		reader->at++;
}

static bool
is_encoded_word(const char *text, size_t len)
{
	return len >= 4 && memcmp(text, "=?", 2) == 0 && memcmp(text + len - 2, "?=", 2) == 0;
}

/* A dot at an end, or two in a row, make no local part; a quoted string is one. */
static bool
is_local_part(const char *text, size_t len)
{
	bool dot = true;
	if (text[0] == '"')
		return true;
	for (size_t i = 0; i < len; i++) {
		if (dot && text[i] == '.')
			return false;
		dot = text[i] == '.';
	}
	return !dot && !is_encoded_word(text, len);
}

/* The element, or its part in angle brackets, is over: was it a local part alone? */
static void
end_address(struct reader *reader)
{
	const struct element *e = &reader->element;
	if (e->words == 1 && !e->special && !e->done && is_local_part(reader->value + e->begin, e->end - e->begin))
		reader->found(reader->context, e->begin, e->end);
}

/* Words that touch are one. */
static void
add_word(struct reader *reader, size_t begin)
{
	struct element *e = &reader->element;
	bool joined = e->words > 0 && e->end == begin;
	e->words += !joined;
	e->special |= joined;
	e->begin = joined ? e->begin : begin;
	e->end = reader->at;
}

static void
begin_angle(struct reader *reader)
{
	bool again = reader->element.angle;
	reader->element = (struct element) { .angle = true, .special = again };
}

static void
end_angle(struct reader *reader)
{
	end_address(reader);
	reader->element.done = true;
}

/* A comma or a semicolon. Within angle brackets it separates nothing: what these hold is no address. */
static void
end_element(struct reader *reader)
{
	if (reader->element.angle && !reader->element.done) {
		reader->element.special = true;
		return;
	}
	end_address(reader);
	reader->element = (struct element) { 0 };
}

static void
read_special(struct reader *reader, char c)
{
	switch (c) {
	case '<': begin_angle(reader); break;
	case '>': end_angle(reader); break;
	case ',':
	case ';': end_element(reader); break;
	case ':': reader->element = (struct element) { .special = reader->element.angle }; break;
	default: reader->element.special = true; break;
	}
	reader->at++;
}

/* Reads a token. False if the rest of the value cannot be read. */
static bool
read_token(struct reader *reader)
{
	size_t begin = reader->at;
	char c = reader->value[begin];
	if (c == '\0')
		return false;
	if (ascii_is_space(c)) {
		reader->at++;
	} else if (c == '(') {
		return skip_comment(reader);
	} else if (c == '"') {
		if (!skip_quoted(reader))
			return false;
		add_word(reader, begin);
	} else if (strchr("<>[]:;@\\,)", c) != NULL) {
		read_special(reader, c);
	} else {
		skip_atom(reader);
		add_word(reader, begin);
	}
	return true;
}

void
address_complete(const char *value, size_t len, void (*found)(void *context, size_t begin, size_t end), void *context)
{
	struct reader reader = { .value = value, .len = len, .found = found, .context = context };
	while (reader.at < len)
		if (!read_token(&reader))
			return;
	if (!reader.element.angle)
		end_address(&reader);
}
