/* Turns parsed texts into templates: code, text and reference as runs of octets with holes for the arguments. */
#include "catalog/generation.h"

#include <assert.h>
#include <stdio.h>
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
	size_t padded = (b->used + LITERAL_PAD - 1) / LITERAL_PAD * LITERAL_PAD;
	char *bytes = arena_alloc(b->arena, padded);
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
add_variable(struct builder *b, uint8_t var)
{
	flush_literal(b);
	b->segment[b->segments++] = (struct segment) { .octets = TEXT_VAR_MAX, .kind = PIECE_VAR, .index = var };
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

/* "550 5.1.1 ", "-ERR [AUTH] ", "" for a reason; a space that a notice loses again (see make_form()); its length. */
static size_t
put_head(char head[FRAME_MAX], const struct ftg_row *row, enum ftg_profile profile)
{
	const struct ftg_code *code = &row->code[profile];
	if (row->service == FTG_DSN)
		return (size_t)snprintf(head, FRAME_MAX, " ");
	const char *gap = code->reply[0] != '\0' ? " " : "";
	return (size_t)snprintf(
	    head, FRAME_MAX, "%s%s%s%s", code->reply, gap, code->status, code->status[0] ? " " : "");
}

/* " (#4.46)" and the line end; for a reason no line end, and "#2.01" where it has no text; no reference behind 334, and
   nothing behind a notice. */
static size_t
put_tail(char tail[FRAME_MAX], enum ftg_id id, bool reason, bool blank)
{
	const char *ref = ftg_row(id)->ref;
	if (ftg_row(id)->service == FTG_DSN)
		return 0;
	if (id == ERR_SMTP_334)
		return (size_t)snprintf(tail, FRAME_MAX, "\r\n");
	if (reason && blank)
		return (size_t)snprintf(tail, FRAME_MAX, "%s", ref);
	return (size_t)snprintf(tail, FRAME_MAX, " (%s)%s", ref, reason ? "" : "\r\n");
}

bool
template_has_host(const struct ftg_row *row, enum ftg_profile profile)
{
	const char *reply = row->code[profile].reply;
	return row->args[0] != FTG_ARG_BANNER &&
	    (strcmp(reply, "220") == 0 || strcmp(reply, "221") == 0 || strcmp(reply, "421") == 0);
}

static void
add_text(struct builder *b, enum ftg_id id, const struct text *text)
{
	if (id == ERR_SMTP_334)
		add_argument(b, id, 0);
	for (unsigned i = 0; i < text->pieces; i++) {
		const struct piece *piece = &text->piece[i];
		if (piece->kind == PIECE_LITERAL)
			add_literal(b, text->bytes + piece->at, piece->octets);
		else if (piece->kind == PIECE_ARG)
			add_argument(b, id, piece->index);
		else
			add_variable(b, piece->index);
	}
}

/* True where it does, and where it begins with a space, which may be all that stands in front of one. */
static bool
may_begin_with_argument(const struct ftg_row *row, const struct text *text)
{
	if (row->args[0] == FTG_ARG_TAG)
		return true;
	return text->pieces > 0 && (text->piece[0].kind != PIECE_LITERAL || text->bytes[0] == ' ');
}

static void
make_form(
    struct arena *arena, struct template *template, enum ftg_id id, enum ftg_profile profile, const struct text *text)
{
	const struct ftg_row *row = ftg_row(id);
	bool reason = row->service == FTG_MAILBOX || row->service == FTG_SECPOL;
	struct segment segment[TEXT_PIECES + 6];
	struct builder b = { .arena = arena, .segment = segment };
	b.used = put_head(b.literal, row, profile);
	template->head = (uint16_t)b.used;
	if (template_has_host(row, profile)) {
		add_variable(&b, FTG_VAR_HOST);
		add_literal(&b, " ", text->pieces > 0);
	}
	if (row->args[0] == FTG_ARG_TAG) {
		add_argument(&b, id, 0);
		add_literal(&b, " ", text->pieces > 0);
	}
	add_text(&b, id, text);
	char tail[FRAME_MAX];
	template->tail = (uint16_t)put_tail(tail, id, reason, text->pieces == 0);
	add_literal(&b, tail, template->tail);
	flush_literal(&b);
	template->shaped = text->breaks > 0 || row->service == FTG_DSN || row->args[1] == FTG_ARG_TIMESTAMP ||
	    (row->service == FTG_POP3 && may_begin_with_argument(row, text));
	template->segments = (uint16_t)b.segments;
	assert((arena->failed || segment[0].kind == PIECE_LITERAL) && "an octet stands in front of each argument");
	struct segment *kept = arena_alloc(arena, b.segments * sizeof(*kept));
	if (kept != NULL)
		memcpy(kept, segment, b.segments * sizeof(*kept));
	template->segment = kept;
}

const struct template *
template_make(struct arena *arena, enum ftg_id id, enum ftg_profile profile, const struct text *form, unsigned forms)
{
	struct template *template = arena_alloc(arena, forms * sizeof(*template));
	if (template == NULL)
		return NULL;
	for (unsigned i = 0; i < forms; i++)
		make_form(arena, &template[i], id, profile, &form[i]);
	return arena->failed ? NULL : template;
}
