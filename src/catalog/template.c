/* Compiles parsed texts into templates: literal octets (code, text, reference), arguments and variables in order. */
#include "catalog/generation.h"

#include <assert.h>
#include <string.h>

enum { FRAME_MAX = 32 }; /* octets of code and status, or of reference and line end */

struct builder {
	struct arena *arena;
	struct segment *segment;
	unsigned segments;
	char literal[TEXT_MAX + 2 * FRAME_MAX];
	size_t used;
};

static void
flush_literal(struct builder *b)
{
	if (b->used == 0)
		return;
	char *bytes = arena_alloc(b->arena, b->used);
	if (bytes == NULL)
		return;
	memcpy(bytes, b->literal, b->used);
	b->segment[b->segments++] = (struct segment) {
		.bytes = bytes, .octets = (uint16_t)b->used, .kind = PIECE_LITERAL
	};
	b->used = 0;
}

static void
add_literal(struct builder *b, const char *bytes, size_t len)
{
	memcpy(b->literal + b->used, bytes, len);
	b->used += len;
}

static void
add_string(struct builder *b, const char *string)
{
	add_literal(b, string, strlen(string));
}

/* A word and a space; nothing for an empty word. */
static void
add_word(struct builder *b, const char *word)
{
	add_string(b, word);
	add_string(b, *word != '\0' ? " " : "");
}

static void
add_variable(struct builder *b, enum ftg_id id, uint8_t var)
{
	flush_literal(b);
	b->segment[b->segments++] = (struct segment) {
		.bytes = ftg_row(id)->ref, .octets = TEXT_VAR_MAX, .kind = PIECE_VAR, .index = var
	};
}

static void
add_argument(struct builder *b, enum ftg_id id, uint8_t index)
{
	enum ftg_arg_kind arg = ftg_row(id)->args[index];
	flush_literal(b);
	b->segment[b->segments++] = (struct segment) {
		.octets = (uint16_t)ftg_arg_max(arg), .kind = PIECE_ARG, .index = index, .arg = (uint8_t)arg
	};
}

static bool
is_reason(const struct ftg_row *row)
{
	return row->service == FTG_MAILBOX || row->service == FTG_SECPOL;
}

/* "550 5.1.1 ", "-ERR [AUTH] ", nothing for a reason. A DSN row gets a space, which the renderer leaves out. */
static void
add_head(struct builder *b, const struct ftg_row *row, enum ftg_profile profile)
{
	add_string(b, row->service == FTG_DSN ? " " : "");
	add_word(b, row->code[profile].reply);
	add_word(b, row->code[profile].status);
}

/*
 * " (#4.46)" and the line end. A reason has no line end, and is "#2.01" if it has no text; 334 has no reference; a DSN row
 * has neither. Returns the number of octets.
 */
static size_t
add_tail(struct builder *b, enum ftg_id id, bool blank, bool marked)
{
	const struct ftg_row *row = ftg_row(id);
	bool bare = is_reason(row) && blank;
	size_t before = b->used;
	if (row->service == FTG_DSN)
		return 0;
	if (id != ERR_SMTP_334) {
		add_string(b, bare ? "" : marked ? " " LEFT_MARK "(" : " (");
		add_string(b, row->ref);
		add_string(b, bare ? "" : ")");
	}
	add_string(b, is_reason(row) ? "" : "\r\n");
	return b->used - before;
}

bool
template_has_host(const struct ftg_row *row, enum ftg_profile profile)
{
	const char *reply = row->code[profile].reply;
	return row->args[0] != FTG_ARG_BANNER &&
	    (strcmp(reply, "220") == 0 || strcmp(reply, "221") == 0 || strcmp(reply, "421") == 0);
}

/* The greeting begins with the host name, which the isolate must follow (RFC 5321 4.2). */
static void
add_text(struct builder *b, enum ftg_id id, const struct text *text, bool isolate)
{
	bool greeting = ftg_row(id)->args[0] == FTG_ARG_BANNER;
	if (id == ERR_SMTP_334)
		add_argument(b, id, 0);
	add_string(b, isolate && !greeting ? ISOLATE : "");
	for (unsigned i = 0; i < text->pieces; i++) {
		const struct piece *piece = &text->piece[i];
		if (piece->kind == PIECE_LITERAL)
			add_literal(b, text->bytes + piece->at, piece->octets);
		else if (piece->kind == PIECE_ARG)
			add_argument(b, id, piece->index);
		else
			add_variable(b, id, piece->index);
		add_string(b, isolate && greeting && i == 0 ? ISOLATE : "");
	}
	add_string(b, isolate ? ISOLATE_END : "");
}

static bool
has_link(const struct text *text)
{
	for (unsigned i = 0; i < text->pieces; i++) {
		if (text->piece[i].kind == PIECE_VAR && text->piece[i].index == FTG_VAR_HELP)
			return true;
	}
	return false;
}

/* Also true for a text that begins with a space, since only a space may precede an argument there. */
static bool
may_begin_with_argument(const struct ftg_row *row, const struct text *text)
{
	if (row->args[0] == FTG_ARG_TAG)
		return true;
	return text->pieces > 0 && (text->piece[0].kind != PIECE_LITERAL || text->bytes[0] == ' ');
}

/* Code, status, host and tag, which precede the text. */
static void
add_front(struct builder *b, struct template *template, enum ftg_id id, enum ftg_profile profile, bool blank)
{
	const struct ftg_row *row = ftg_row(id);
	add_head(b, row, profile);
	template->head = (uint16_t)b->used;
	if (template_has_host(row, profile)) {
		add_variable(b, id, FTG_VAR_HOST);
		add_literal(b, " ", !blank);
	}
	if (row->args[0] == FTG_ARG_TAG) {
		add_argument(b, id, 0);
		add_literal(b, " ", !blank);
	}
}

/* A reason is inside the isolate of its reply, and a DSN row is isolated line by line by its writer. */
static void
make_form(struct arena *arena, struct template *template, enum ftg_id id, enum ftg_profile profile,
    const struct text *text, bool rtl)
{
	const struct ftg_row *row = ftg_row(id);
	struct segment segment[TEXT_PIECES + 6];
	struct builder b; /* not initialised as a whole: literal is large */
	b.arena = arena;
	b.segment = segment;
	b.segments = 0;
	b.used = 0;
	add_front(&b, template, id, profile, text->pieces == 0);
	template->isolated = rtl && text->pieces > 0 && !is_reason(row) && row->service != FTG_DSN;
	template->linked = has_link(text);
	add_text(&b, id, text, template->isolated);
	template->tail = (uint16_t)add_tail(&b, id, text->pieces == 0, rtl);
	flush_literal(&b);
	template->shaped = text->breaks > 0 || row->service == FTG_DSN || row->args[1] == FTG_ARG_TIMESTAMP ||
	    (row->service == FTG_POP3 && may_begin_with_argument(row, text));
	template->segments = (uint16_t)b.segments;
	assert((arena->failed || (b.segments > 0 && segment[0].kind == PIECE_LITERAL)) &&
	    "an octet stands in front of each argument");
	struct segment *kept = arena_alloc(arena, b.segments * sizeof(*kept));
	if (kept != NULL)
		memcpy(kept, segment, b.segments * sizeof(*kept));
	template->segment = kept;
}

const struct template *
template_make(struct arena *arena, enum ftg_id id, enum ftg_profile profile, const struct text *form, unsigned forms,
    bool isolate)
{
	struct template *template = arena_alloc(arena, forms * sizeof(*template));
	if (template == NULL)
		return NULL;
	for (unsigned i = 0; i < forms; i++)
		make_form(arena, &template[i], id, profile, &form[i], isolate);
	return arena->failed ? NULL : template;
}
