/* Reads the header of a message as it streams by, a field at a time (RFC 5322 section 2.2). */
#include "message/header.h"

#include <assert.h>
#include <string.h>

#include "base/text/ascii.h"

enum at {
	LINE,  /* at the start of a line */
	NAME,  /* in the name of a field */
	SPACE, /* in white space between a name and its colon (RFC 5322 section 4.5) */
	VALUE,
	SKIP, /* in a line that is no field, or of a field that is passed over */
};

static_assert(sizeof(struct header_scanner) <= 1536, "a scanner is small");

bool
header_is(const struct header_field *field, const char *name)
{
	size_t len = strlen(name);
	return strlen(field->name) == len && ascii_equal(field->name, name, len);
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t';
}

static void
hand_out(struct header_scanner *scanner, size_t len, bool last)
{
	const struct header_field field = {
		.name = scanner->name,
		.value = scanner->value,
		.len = len,
		.first = !scanner->parted,
		.last = last,
	};
	scanner->received += field.first && header_is(&field, "Received");
	scanner->parted = true;
	if (scanner->field != NULL)
		scanner->field(scanner->context, &field);
}

/* The field is over, if there is one. */
static void
finish_field(struct header_scanner *scanner)
{
	size_t len = scanner->len;
	while (len > 0 && is_space(scanner->value[len - 1]))
		len--;
	if (scanner->name_len > 0)
		hand_out(scanner, len, true);
	scanner->name_len = scanner->len = 0;
	scanner->parted = false;
}

/* White space in front is left out. */
static void
add_value(struct header_scanner *scanner, char c)
{
	if (scanner->len == 0 && !scanner->parted && is_space(c))
		return;
	if (scanner->len == HEADER_VALUE_MAX) {
		hand_out(scanner, HEADER_VALUE_MAX, false);
		scanner->len = 0;
	}
	scanner->value[scanner->len++] = c;
}

/* No field begins here, and the octets that follow belong to no field. */
static void
pass_over(struct header_scanner *scanner)
{
	scanner->malformed = true;
	scanner->name_len = 0;
	scanner->at = SKIP;
}

static void
add_name(struct header_scanner *scanner, char c)
{
	if (c == ':' && scanner->name_len > 0) {
		scanner->name[scanner->name_len] = '\0';
		scanner->at = VALUE;
	} else if (is_space(c) && scanner->name_len > 0) {
		scanner->at = SPACE;
	} else if (scanner->at == SPACE || c <= ' ' || c > '~' || c == ':' || scanner->name_len == HEADER_NAME_MAX) {
		pass_over(scanner);
	} else {
		scanner->name[scanner->name_len++] = c;
	}
}

/* The first octet of a line. White space continues the previous field, or the skipped text. */
static void
begin_line(struct header_scanner *scanner, char c)
{
	if (!is_space(c)) {
		finish_field(scanner);
		scanner->at = NAME;
		add_name(scanner, c);
	} else if (scanner->name_len > 0) {
		scanner->at = VALUE;
		add_value(scanner, c);
	} else {
		pass_over(scanner);
	}
}

static void
take(struct header_scanner *scanner, char c)
{
	switch ((enum at)scanner->at) {
	case LINE: begin_line(scanner, c); break;
	case NAME:
	case SPACE: add_name(scanner, c); break;
	case VALUE: add_value(scanner, c); break;
	case SKIP: break;
	}
}

static void
end_line(struct header_scanner *scanner)
{
	scanner->malformed |= !scanner->cr;
	scanner->cr = false;
	if (scanner->at == LINE)
		header_end(scanner);
	else if (scanner->at == NAME || scanner->at == SPACE)
		pass_over(scanner);
	scanner->at = LINE;
}

/* A CR is held until it is known whether it ends a line. */
static void
read_octet(struct header_scanner *scanner, char c)
{
	if (c == '\n') {
		end_line(scanner);
		return;
	}
	if (scanner->cr) {
		scanner->malformed = true;
		take(scanner, '\r');
	}
	scanner->cr = c == '\r';
	if (!scanner->cr)
		take(scanner, c);
}

/* Passes over the rest of a skipped line, up to a CR or LF. Returns how many octets. */
static size_t
skip_rest(struct header_scanner *scanner, const char *bytes, size_t len)
{
	size_t left = HEADER_MAX - scanner->size;
	if (scanner->at != SKIP || scanner->cr)
		return 0;
	if (len > left)
		len = left;
	const char *lf = memchr(bytes, '\n', len);
	len = lf != NULL ? (size_t)(lf - bytes) : len;
	const char *cr = memchr(bytes, '\r', len);
	len = cr != NULL ? (size_t)(cr - bytes) : len;
	scanner->size += len;
	return len;
}

void
header_scan(struct header_scanner *scanner, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len && !scanner->ended; i++) {
		i += skip_rest(scanner, bytes + i, len - i);
		if (i == len)
			break;
		if (++scanner->size > HEADER_MAX) {
			scanner->malformed = true;
			header_end(scanner);
		} else {
			read_octet(scanner, bytes[i]);
		}
	}
}

void
header_end(struct header_scanner *scanner)
{
	if (scanner->ended)
		return;
	scanner->malformed |= scanner->at == NAME || scanner->at == SPACE;
	if (scanner->at == NAME || scanner->at == SPACE)
		scanner->name_len = 0;
	finish_field(scanner);
	scanner->ended = true;
}
