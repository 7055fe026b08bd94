/* Splits a header into its fields as they are written, in pieces of a bounded size. */
#include "message/field_split.h"

#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

size_t
field_name_len(const char *text, size_t len)
{
	size_t name = 0;
	while (name < len && text[name] > ' ' && text[name] <= '~' && text[name] != ':')
		name++;
	size_t colon = name;
	while (colon < len && is_blank(text[colon]))
		colon++;
	return colon < len && text[colon] == ':' ? name : 0;
}

bool
field_is(const struct field_piece *piece, const char *name)
{
	return strlen(name) == piece->name_len && ascii_equal(piece->text, name, piece->name_len);
}

const char *
field_value(const struct field_piece *piece, size_t *len)
{
	const char *colon = memchr(piece->text, ':', piece->len);
	*len = piece->len - (size_t)(colon + 1 - piece->text);
	return colon + 1;
}

static void
hand_out(struct field_splitter *splitter, bool last)
{
	struct field_piece piece = {
		.text = splitter->text,
		.len = splitter->len,
		.first = !splitter->parted,
		.last = last,
	};
	if (piece.first)
		splitter->name_len = field_name_len(splitter->text, splitter->len);
	piece.name_len = splitter->name_len;
	splitter->parted = !last;
	splitter->len = 0;
	splitter->piece(splitter->context, &piece);
}

static void
append(struct field_splitter *splitter, const char *octets, size_t len)
{
	while (len > 0) {
		if (splitter->len == FIELD_PIECE_MAX)
			hand_out(splitter, false);
		size_t room = FIELD_PIECE_MAX - splitter->len;
		size_t some = len < room ? len : room;
		memcpy(splitter->text + splitter->len, octets, some);
		splitter->len += some;
		octets += some;
		len -= some;
	}
}

static void
finish_field(struct field_splitter *splitter)
{
	if (splitter->len > 0)
		hand_out(splitter, true);
}

/* At the start of a line: does the header end, or a field? */
static void
begin_line(struct field_splitter *splitter, char c)
{
	splitter->ended = c == '\n';
	if (!splitter->ended && !is_blank(c))
		finish_field(splitter);
	splitter->in_line = !splitter->ended;
}

size_t
field_split(struct field_splitter *splitter, const char *octets, size_t len)
{
	size_t at = 0;
	if (splitter->text == NULL && (splitter->text = malloc(FIELD_PIECE_MAX)) == NULL)
		splitter->failed = true;
	while (at < len && !splitter->ended && !splitter->failed) {
		if (!splitter->in_line)
			begin_line(splitter, octets[at]);
		if (splitter->ended)
			break;
		const char *lf = memchr(octets + at, '\n', len - at);
		size_t some = lf != NULL ? (size_t)(lf + 1 - (octets + at)) : len - at;
		append(splitter, octets + at, some);
		at += some;
		splitter->in_line = lf == NULL;
	}
	return at;
}

void
field_split_end(struct field_splitter *splitter)
{
	finish_field(splitter);
	splitter->ended = true;
	free(splitter->text);
	splitter->text = NULL;
}
