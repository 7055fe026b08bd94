/* Writes the header of a message with changes. */
#include "message/header_edit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "message/address_complete.h"
#include "message/authserv.h"
#include "message/field_split.h"

enum { BLOCK = 64 * 1024 };

/* One reading of the header; the first one counts, the second one writes. */
struct editor {
	const struct field_edits *edits;
	struct header_source *source;
	struct header_sink *sink;
	struct header_edited *edited;
	bool (*look)(struct editor *editor, const struct field_piece *piece); /* false ends the reading, with errno */
	uint64_t at;                                                          /* offset of the piece */
	bool failed;
	bool relayed;  /* a field behind the local lines has begun */
	bool received; /* the first Received field among these has begun */
	bool below;    /* it has ended */
	bool dropped;  /* the field under way is left out */
	bool ended;    /* the octet written last ends a line */
	bool has_date, has_message_id, has_subject;
	unsigned seen[FIELD_EDITS_REMOVED], total[FIELD_EDITS_REMOVED];
};

static size_t
count_lines(const char *octets, size_t len)
{
	size_t lines = 0;
	const char *end = octets + len;
	for (const char *lf; octets < end && (lf = memchr(octets, '\n', (size_t)(end - octets))) != NULL;
	     octets = lf + 1)
		lines++;
	return lines;
}

static void
count_size(struct header_size *size, const char *octets, size_t len)
{
	size->octets += len;
	size->lines += count_lines(octets, len);
}

static bool
write_octets(struct editor *editor, const char *octets, size_t len)
{
	if (len == 0)
		return true;
	count_size(&editor->edited->written, octets, len);
	editor->ended = octets[len - 1] == '\n';
	return editor->sink->write(editor->sink, octets, len) == 0;
}

static bool
write_text(struct editor *editor, const char *text)
{
	return write_octets(editor, text, strlen(text));
}

/* A field of this name has begun: counts it, if removals name it. */
static void
count_removals(struct editor *editor, const struct field_piece *piece, unsigned *count)
{
	for (size_t i = 0; i < editor->edits->removed_count; i++)
		count[i] += field_is(piece, editor->edits->removed[i].name);
}

static bool
is_removed(const struct editor *editor, const struct field_piece *piece)
{
	for (size_t i = 0; i < editor->edits->removed_count; i++) {
		const struct field_removal *removal = &editor->edits->removed[i];
		int64_t from_end = (int64_t)editor->seen[i] - (int64_t)editor->total[i] - 1;
		if (field_is(piece, removal->name) &&
		    (removal->which == 0 || removal->which == (int64_t)editor->seen[i] || removal->which == from_end))
			return true;
	}
	return false;
}

static bool
is_forged(const struct editor *editor, const struct field_piece *piece)
{
	size_t len;
	if (editor->edits->own_name == NULL || piece->name_len == 0)
		return false;
	const char *value = field_value(piece, &len);
	return authserv_is_forged(
	    piece->text, piece->name_len, value, len, piece->last, editor->edits->own_name, editor->edits->user);
}

static bool
is_unwanted(const struct editor *editor, const struct field_piece *piece)
{
	bool bcc = editor->edits->bcc && (field_is(piece, "Bcc") || field_is(piece, "Resent-Bcc"));
	return editor->below && (bcc || is_forged(editor, piece));
}

/* Where the piece stands, which begins a field. */
static void
locate(struct editor *editor, const struct field_piece *piece)
{
	editor->relayed |= editor->at >= editor->source->local;
	editor->below |= editor->received;
	editor->received |= editor->relayed && field_is(piece, "Received");
}

static bool
count_field(struct editor *editor, const struct field_piece *piece)
{
	count_size(&editor->edited->read, piece->text, piece->len);
	if (!piece->first)
		return true;
	locate(editor, piece);
	count_removals(editor, piece, editor->total);
	editor->has_date |= field_is(piece, "Date");
	editor->has_message_id |= field_is(piece, "Message-ID");
	editor->has_subject |= field_is(piece, "Subject");
	return true;
}

/* A field under way whose addresses are completed. */
struct completion {
	struct editor *editor;
	const char *text;
	size_t len;
	size_t from; /* all before has been written */
	size_t line; /* octets of the line so far */
	bool failed;
};

static bool
put_part(struct completion *c, size_t to)
{
	const char *part = c->text + c->from;
	size_t len = to - c->from;
	const char *lf = memrchr(part, '\n', len);
	c->line = lf != NULL ? (size_t)(part + len - lf) - 1 : c->line + len;
	c->from = to;
	return write_octets(c->editor, part, len);
}

static bool
is_blank(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!ascii_is_space(text[i]))
			return false;
	return true;
}

/* White space may stand before and behind an address (RFC 5322 section 3.4.1). */
static bool
fold(struct completion *c)
{
	c->line = 1;
	return write_text(c->editor, "\n ");
}

/* Would a line end before the offset leave no line of white space alone? The field begins with its name. */
static bool
may_fold(const struct completion *c, size_t at)
{
	const char *lf = memrchr(c->text, '\n', at);
	return lf == NULL || !is_blank(lf, (size_t)(c->text + at - lf));
}

/* The octets of the line behind the offset, as far as they matter. */
static size_t
rest_of_line(const struct completion *c, size_t at)
{
	size_t len = c->len - at < FIELD_LINE_MAX ? c->len - at : FIELD_LINE_MAX;
	const char *lf = memchr(c->text + at, '\n', len);
	return lf != NULL ? (size_t)(lf - (c->text + at)) : len;
}

/* An address that fits no line stays as it is. */
static void
put_domain(void *context, size_t begin, size_t end)
{
	struct completion *c = context;
	const char *domain = c->editor->edits->domain;
	size_t rest = rest_of_line(c, end), blanks = is_blank(c->text + end, rest) ? rest : 0;
	size_t address = end - begin + 1 + strlen(domain) + blanks;
	if (c->failed || !put_part(c, begin)) {
		c->failed = true;
		return;
	}
	bool folded = c->line + address > FIELD_LINE_MAX;
	if (folded && (1 + address > FIELD_LINE_MAX || !may_fold(c, begin)))
		return;
	c->failed = (folded && !fold(c)) || !put_part(c, end) || !write_text(c->editor, "@") ||
	    !write_text(c->editor, domain);
	c->line += 1 + strlen(domain);
	if (!c->failed && blanks < rest && c->line + rest > FIELD_LINE_MAX)
		c->failed = !fold(c);
}

static bool
write_completed(struct editor *editor, const struct field_piece *piece)
{
	size_t len;
	const char *value = field_value(piece, &len);
	struct completion c = { .editor = editor, .text = value, .len = len };
	c.line = (size_t)(value - piece->text);
	if (!write_octets(editor, piece->text, c.line))
		return false;
	address_complete(value, len, put_domain, &c);
	return !c.failed && put_part(&c, len);
}

static bool
is_completed(const struct editor *editor, const struct field_piece *piece)
{
	return editor->edits->domain != NULL && editor->below && piece->first && piece->last && piece->name_len > 0 &&
	    address_complete_field(piece->text, piece->name_len);
}

/* What stands in front of the relayed lines; it ends the lines for mailboxes here. */
static bool
write_front(struct editor *editor)
{
	const struct field_edits *edits = editor->edits;
	editor->edited->local = editor->edited->written;
	for (size_t i = 0; i < edits->added_count; i++)
		if (!write_text(editor, edits->added[i].text))
			return false;
	return edits->subject == NULL || editor->has_subject || write_text(editor, edits->subject);
}

static bool
write_missing(struct editor *editor)
{
	const struct field_edits *edits = editor->edits;
	if (edits->date != NULL && !editor->has_date && !write_text(editor, edits->date))
		return false;
	return edits->message_id == NULL || editor->has_message_id || write_text(editor, edits->message_id);
}

/* A field begins: writes what stands before it. */
static bool
write_before(struct editor *editor, const struct field_piece *piece)
{
	bool relayed = editor->relayed, below = editor->below;
	locate(editor, piece);
	if (!relayed && editor->relayed && !write_front(editor))
		return false;
	return below || !editor->below || write_missing(editor);
}

/* The first subject is replaced, the others are left out. */
static bool
replace_subject(struct editor *editor)
{
	bool first = editor->has_subject;
	editor->has_subject = false;
	editor->dropped = true;
	return !first || write_text(editor, editor->edits->subject);
}

static bool
write_field(struct editor *editor, const struct field_piece *piece)
{
	if (piece->first) {
		if (!write_before(editor, piece))
			return false;
		count_removals(editor, piece, editor->seen);
		editor->dropped = is_removed(editor, piece) || is_unwanted(editor, piece);
		if (editor->edits->subject != NULL && field_is(piece, "Subject"))
			return replace_subject(editor);
	}
	if (editor->dropped)
		return true;
	return is_completed(editor, piece) ? write_completed(editor, piece)
	                                   : write_octets(editor, piece->text, piece->len);
}

static void
on_piece(void *context, const struct field_piece *piece)
{
	struct editor *editor = context;
	if (!editor->failed)
		editor->failed = !editor->look(editor, piece);
	editor->at += piece->len;
}

/* Reads the header once. */
static int
read_header(struct editor *editor, char block[BLOCK])
{
	struct field_splitter splitter = { .piece = on_piece, .context = editor };
	uint64_t at = 0;
	ssize_t got = 0;
	editor->at = 0;
	editor->relayed = editor->received = editor->below = false;
	while (!splitter.ended && !splitter.failed && !editor->failed &&
	    (got = editor->source->read(editor->source, block, BLOCK, at)) > 0)
		at += field_split(&splitter, block, (size_t)got);
	int error = splitter.failed ? ENOMEM : errno;
	bool failed = splitter.failed || editor->failed || got < 0;
	editor->failed |= failed;
	field_split_end(&splitter);
	if (!failed && !editor->failed)
		return 0;
	errno = failed ? error : errno;
	return -1;
}

/* The header has ended before what stands between its fields could be written. */
static bool
write_rest(struct editor *editor)
{
	if (editor->edited->written.octets > 0 && !editor->ended && !write_text(editor, "\n"))
		return false;
	if (!editor->relayed && !write_front(editor))
		return false;
	return editor->below || write_missing(editor);
}

int
header_edit(const struct field_edits *edits, struct header_source *source, struct header_sink *sink,
    struct header_edited *edited)
{
	struct editor editor = {
		.edits = edits, .source = source, .sink = sink, .edited = edited, .look = count_field
	};
	char *block = malloc(BLOCK);
	*edited = (struct header_edited) { 0 };
	if (block == NULL)
		return -1;
	int result = read_header(&editor, block);
	editor.look = write_field;
	if (result == 0 && (result = read_header(&editor, block)) == 0 && !write_rest(&editor))
		result = -1;
	int error = errno;
	free(block);
	errno = error;
	return result;
}
