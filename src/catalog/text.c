/* One text of a catalogue: the parser of directives and variables, and the rules for texts. */
#include "catalog/text.h"

#include "catalog/decode.h"
#include "catalog/fold.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistr.h>

enum numbering { UNKNOWN, IN_ORDER, BY_POSITION };

struct parser {
	struct text *text;
	const struct ftg_row *row;
	enum ftg_id id;
	const char *at;
	const char *end;
	struct violation *violation;
	enum numbering numbering;
	unsigned next_arg;
};

/* Sets the rule that is broken and the offending piece. Returns false. */
__attribute__((format(printf, 3, 4))) static bool
refuse(struct violation *violation, enum ftg_rule rule, const char *format, ...)
{
	va_list args;
	violation->rule = rule;
	va_start(args, format);
	vsnprintf(violation->detail, sizeof(violation->detail), format, args);
	va_end(args);
	for (char *c = violation->detail; *c != '\0'; c++) {
		if (*c < 0x20 || *c > 0x7E)
			*c = '?';
	}
	return false;
}

static bool
add_piece(struct parser *p, struct piece piece)
{
	if (p->text->pieces == TEXT_PIECES)
		return refuse(p->violation, FTG_RULE_LENGTH, "more than %d pieces", TEXT_PIECES);
	p->text->piece[p->text->pieces++] = piece;
	return true;
}

static bool
add_literal(struct parser *p, const char *bytes, size_t len)
{
	struct text *text = p->text;
	struct piece *last = text->pieces > 0 ? &text->piece[text->pieces - 1] : NULL;
	if (len > TEXT_MAX - text->used)
		return refuse(p->violation, FTG_RULE_LENGTH, "more than %d octets", TEXT_MAX);
	if (last == NULL || last->kind != PIECE_LITERAL) {
		if (!add_piece(p, (struct piece) { .kind = PIECE_LITERAL, .at = (uint16_t)text->used }))
			return false;
		last = &text->piece[text->pieces - 1];
	}
	memcpy(text->bytes + text->used, bytes, len);
	text->used += len;
	last->octets = (uint16_t)(last->octets + len);
	return true;
}

/* Quotes the directive: at most a few octets of it. */
static bool
refuse_directive(struct parser *p, enum ftg_rule rule)
{
	size_t len = (size_t)(p->end - p->at);
	return refuse(p->violation, rule, "%.*s", (int)(len < 8 ? len : 8), p->at);
}

/* Parses %s, %lu, %1$s and %2$lu, nothing else. The kind must be that of the table. */
static bool
parse_directive(struct parser *p)
{
	const char *c = p->at + 1;
	enum numbering numbering = IN_ORDER;
	unsigned index = p->next_arg;
	if (c < p->end && *c == '%') {
		p->at = c + 1;
		return add_literal(p, "%", 1);
	}
	if (p->end - c > 2 && *c >= '1' && *c <= '9' && c[1] == '$') {
		numbering = BY_POSITION;
		index = (unsigned)(*c - '1');
		c += 2;
	}
	bool number = p->end - c >= 2 && memcmp(c, "lu", 2) == 0;
	if (!number && !(c < p->end && *c == 's'))
		return refuse_directive(p, FTG_RULE_DIRECTIVE);
	if (p->numbering != UNKNOWN && p->numbering != numbering)
		return refuse_directive(p, FTG_RULE_DIRECTIVE);
	p->numbering = numbering;
	if (index >= FTG_ARGS_MAX || !text_places(p->row->args[index]) ||
	    (p->row->args[index] == FTG_ARG_COUNT) != number)
		return refuse_directive(p, FTG_RULE_ARGUMENT);
	p->next_arg++;
	p->text->shown |= 1u << index;
	p->at = c + (number ? 2 : 1);
	return add_piece(p, (struct piece) { .kind = PIECE_ARG, .index = (uint8_t)index });
}

static bool
parse_variable(struct parser *p)
{
	const char *name = p->at + 2;
	const char *close = memchr(name, '}', (size_t)(p->end - name));
	size_t len = close != NULL ? (size_t)(close - name) : 0;
	if (len == 3 && memcmp(name, "ref", 3) == 0) {
		p->at = close + 1;
		return add_literal(p, p->row->ref, strlen(p->row->ref));
	}
	for (unsigned var = 0; len > 0 && var < FTG_VARS; var++) {
		if (strlen(ftg_var_name(var)) != len || memcmp(name, ftg_var_name(var), len) != 0)
			continue;
		p->at = close + 1;
		return add_piece(p, (struct piece) { .kind = PIECE_VAR, .index = (uint8_t)var });
	}
	size_t left = (size_t)((close != NULL ? close + 1 : p->end) - p->at);
	return refuse(p->violation, FTG_RULE_VARIABLE, "%.*s", (int)(left < 24 ? left : 24), p->at);
}

bool
text_invisible(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} ranges[] = { { 0x034F, 0x034F }, { 0x061C, 0x061C }, { 0x115F, 0x1160 }, { 0x17B4, 0x17B5 },
		{ 0x180B, 0x180F }, { 0x200B, 0x200B }, { 0x200E, 0x200F }, { 0x2028, 0x202E }, { 0x2060, 0x206F },
		{ 0x3164, 0x3164 }, { 0xFEFF, 0xFEFF }, { 0xFFA0, 0xFFA0 }, { 0xFFF0, 0xFFFF }, { 0x1BCA0, 0x1BCA3 },
		{ 0x1D173, 0x1D17A }, { 0xE0000, 0xE0FFF } };
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].first; i++) {
		if (c <= ranges[i].last)
			return true;
	}
	return (c & 0xFFFE) == 0xFFFE;
}

static bool
parse_break(struct parser *p)
{
	struct text *text = p->text;
	if (p->row->service != FTG_SMTP)
		return refuse(p->violation, FTG_RULE_CONTROL, "a line break where a reply is one line");
	if (++text->breaks > TEXT_BREAKS || text->pieces == 0 || p->at + 1 == p->end || p->at[1] == '\n')
		return refuse(p->violation, FTG_RULE_LINES, "line break %u", text->breaks);
	p->at++;
	return add_literal(p, "\n", 1);
}

typedef uint8_t octets_16 __attribute__((vector_size(16)));

/* How many octets, a multiple of sixteen, are printable ASCII other than % and $. Most texts are. */
static size_t
plain_octets(const char *text, size_t len)
{
	size_t plain = 0;
	for (octets_16 v; plain + sizeof(v) <= len; plain += sizeof(v)) {
		uint64_t other[2];
		memcpy(&v, text + plain, sizeof(v));
		v = (octets_16)((v - 0x20) > 0x5E) | (octets_16)(v == '%') | (octets_16)(v == '$');
		memcpy(other, &v, sizeof(other));
		if ((other[0] | other[1]) != 0)
			break;
	}
	return plain;
}

/* The octets of characters that may stand in a text, up to the next directive, variable, line break or other character. */
static size_t
character_run(const struct parser *p)
{
	ucs4_t character;
	const char *c = p->at + plain_octets(p->at, (size_t)(p->end - p->at));
	while (c < p->end && *c != '%' && (*c != '$' || c == p->at)) {
		if (*c >= 0x20 && *c < 0x7F) {
			c++;
			continue;
		}
		size_t len = decode(&character, c);
		if (character < 0xA0 || text_invisible(character))
			break;
		c += len;
	}
	return (size_t)(c - p->at);
}

static bool
parse_characters(struct parser *p)
{
	ucs4_t c;
	size_t run = character_run(p);
	if (run > 0) {
		p->at += run;
		return add_literal(p, p->at - run, run);
	}
	decode(&c, p->at);
	if (c == '\n')
		return parse_break(p);
	return refuse(p->violation, c < 0xA0 ? FTG_RULE_CONTROL : FTG_RULE_INVISIBLE, "U+%04X", (unsigned)c);
}

/* Whether it begins like "250 ", "250-", "5.1.1", "+OK" or "-ERR". */
static bool
begins_as_code(const char *s, size_t len)
{
	size_t digits = 0, dots = 0, i = 0;
	if ((len >= 3 && strncasecmp(s, "+OK", 3) == 0) || (len >= 4 && strncasecmp(s, "-ERR", 4) == 0))
		return true;
	while (i < len && s[i] >= '0' && s[i] <= '9')
		i++;
	digits = i;
	if (digits == 3 && (i == len || s[i] == ' ' || s[i] == '-' || s[i] == '\n'))
		return true;
	for (; digits > 0 && digits <= 3 && dots < 2 && i + 1 < len && s[i] == '.'; dots++) {
		i++;
		for (digits = 0; i < len && s[i] >= '0' && s[i] <= '9'; digits++)
			i++;
	}
	return dots == 2 && digits > 0 && digits <= 3;
}

/* The words with which a line begins if the arguments and variables before them are empty; without leading spaces. */
static const char *
first_words(const struct text *text, size_t *len)
{
	unsigned i = 0;
	while (i < text->pieces && text->piece[i].kind != PIECE_LITERAL)
		i++;
	const char *words = i < text->pieces ? text->bytes + text->piece[i].at : "";
	*len = i < text->pieces ? text->piece[i].octets : 0;
	for (; i == 0 && *len > 0 && *words == ' '; (*len)--)
		words++;
	return words;
}

static bool
check_beginning(const struct text *text, const struct ftg_row *row, struct violation *violation)
{
	size_t len;
	const char *words = first_words(text, &len);
	enum piece_kind first = text->pieces > 0 ? (enum piece_kind)text->piece[0].kind : PIECE_LITERAL;
	bool greeting = row->args[0] == FTG_ARG_BANNER;
	if (greeting && first != PIECE_ARG)
		return refuse(violation, FTG_RULE_HOST, "begins with other words");
	if (greeting && row->service == FTG_POP3 && memchr(text->bytes, '<', text->used) != NULL)
		return refuse(violation, FTG_RULE_TIMESTAMP, "<");
	if (begins_as_code(words, len))
		return refuse(violation, FTG_RULE_CODE, "%.*s", (int)(len < 12 ? len : 12), words);
	if (row->service == FTG_POP3 && first == PIECE_LITERAL && len > 0 && words[0] == '[')
		return refuse(violation, FTG_RULE_BRACKET, "[");
	return true;
}

/* Whether "(#" occurs. Few texts have a #, so memchr() is faster than memmem(). */
static bool
has_reference(const char *literal, size_t len)
{
	const char *end = literal + len;
	for (const char *c = literal; (c = memchr(c, '#', (size_t)(end - c))) != NULL; c++) {
		if (c > literal && c[-1] == '(')
			return true;
	}
	return false;
}

/* An argument can be empty or end with a parenthesis, so # must not follow one. A reason is put in parentheses. */
static bool
check_references(const struct text *text, bool reason, struct violation *violation)
{
	for (unsigned i = 0; i < text->pieces; i++) {
		const struct piece *piece = &text->piece[i];
		if (piece->kind != PIECE_LITERAL)
			continue;
		const char *literal = text->bytes + piece->at;
		if (has_reference(literal, piece->octets))
			return refuse(violation, FTG_RULE_REFERENCE, "(#");
		if ((i > 0 || reason) && literal[0] == '#')
			return refuse(violation, FTG_RULE_REFERENCE, "# where a parenthesis may stand in front of it");
	}
	return true;
}

/* The length of the value of a variable is not known here, so each counts as the longest. */
static bool
refuse_length(const struct text *text, enum ftg_id id, size_t limit, struct violation *violation)
{
	size_t worst = text_worst(text, id);
	for (unsigned i = 0; i < text->pieces; i++) {
		if (text->piece[i].kind == PIECE_VAR)
			return refuse(violation, FTG_RULE_LENGTH, "up to %zu octets, %d of them by ${%s}; %zu fit",
			    worst, TEXT_VAR_MAX, ftg_var_name(text->piece[i].index), limit);
	}
	return refuse(violation, FTG_RULE_LENGTH, "up to %zu octets with its arguments; %zu fit", worst, limit);
}

/* Checks the whole text, in UTF-8 and again in ASCII, since folding can make new characters. */
static bool
check_whole(const struct text *text, enum ftg_id id, struct violation *violation)
{
	const struct ftg_row *row = ftg_row(id);
	bool reason = row->service == FTG_MAILBOX || row->service == FTG_SECPOL;
	if (!check_beginning(text, row, violation) || !check_references(text, reason, violation))
		return false;
	size_t limit = reason ? ftg_arg_max(FTG_ARG_REASON) - strlen(" " LEFT_MARK "(#m.nn)") : TEXT_WORST;
	return text_worst(text, id) <= limit || refuse_length(text, id, limit, violation);
}

static bool
is_blank(const char *utf8, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (utf8[i] != ' ' && utf8[i] != '\t')
			return false;
	}
	return true;
}

bool
text_parse(struct text *text, enum ftg_id id, const char *utf8, size_t len, struct violation *violation)
{
	struct parser p = {
		.text = text, .row = ftg_row(id), .id = id, .at = utf8, .end = utf8 + len, .violation = violation
	};
	text->used = text->pieces = text->shown = text->breaks = 0;
	text->ascii = is_ascii(utf8, len);
	if (id == ERR_SMTP_334)
		return refuse(violation, FTG_RULE_LITERAL, "a text for a line that programs read");
	if (len > 0 && is_blank(utf8, len))
		return refuse(violation, FTG_RULE_EMPTY, "nothing but spaces");
	if (len > TEXT_MAX)
		return refuse(violation, FTG_RULE_LENGTH, "%zu octets; %d fit", len, TEXT_MAX);
	const uint8_t *bad = text->ascii ? NULL : u8_check((const uint8_t *)utf8, len);
	if (bad != NULL)
		return refuse(
		    violation, FTG_RULE_UTF8, "octet 0x%02X at %zu", *bad, (size_t)((const char *)bad - utf8));
	while (p.at < p.end) {
		bool brace = p.end - p.at >= 2 && p.at[0] == '$' && p.at[1] == '{';
		if (!(*p.at == '%' ? parse_directive(&p) : brace ? parse_variable(&p) : parse_characters(&p)))
			return false;
	}
	return check_whole(text, id, violation);
}

/* Whether it has only spaces and line breaks, and no argument or variable. */
static bool
says_nothing(const struct text *text)
{
	for (unsigned i = 0; i < text->pieces; i++) {
		if (text->piece[i].kind != PIECE_LITERAL)
			return false;
	}
	for (size_t i = 0; i < text->used; i++) {
		if (text->bytes[i] != ' ' && text->bytes[i] != '\n')
			return false;
	}
	return true;
}

/* An ASCII text is its own ASCII form, and has been checked. */
static void
copy_text(struct text *to, const struct text *from)
{
	memcpy(to->bytes, from->bytes, from->used);
	memcpy(to->piece, from->piece, from->pieces * sizeof(from->piece[0]));
	to->used = from->used;
	to->pieces = from->pieces;
}

/* Folds each literal. An empty result is left out, so that the first piece is the beginning of the line. */
static int
fold_pieces(struct text *ascii, const struct text *text, const struct tag *tag)
{
	for (unsigned i = 0; i < text->pieces; i++) {
		struct piece piece = text->piece[i];
		if (piece.kind == PIECE_LITERAL) {
			long octets = fold_ascii(tag, text->bytes + piece.at, piece.octets, ascii->bytes + ascii->used,
			    TEXT_MAX - ascii->used);
			if (octets < 0)
				return octets == FOLD_NO_MEMORY ? -2 : 0;
			if (octets == 0)
				continue;
			piece.at = (uint16_t)ascii->used;
			piece.octets = (uint16_t)octets;
			ascii->used += (size_t)octets;
		}
		ascii->piece[ascii->pieces++] = piece;
	}
	return 1;
}

int
text_fold(
    struct text *ascii, const struct text *text, enum ftg_id id, const struct tag *tag, struct violation *violation)
{
	ascii->used = ascii->pieces = 0;
	ascii->shown = text->shown;
	ascii->breaks = text->breaks;
	ascii->ascii = true;
	int folded = 1;
	if (text->ascii)
		copy_text(ascii, text);
	else
		folded = fold_pieces(ascii, text, tag);
	if (folded != 1)
		return folded;
	if (text->pieces > 0 && says_nothing(ascii)) {
		(void)refuse(violation, FTG_RULE_EMPTY, "nothing is left of it in ASCII");
		return -1;
	}
	return text->ascii || check_whole(ascii, id, violation) ? 1 : -1;
}

size_t
text_worst(const struct text *text, enum ftg_id id)
{
	size_t worst = text->used;
	for (unsigned i = 0; i < text->pieces; i++) {
		if (text->piece[i].kind == PIECE_ARG)
			worst += ftg_arg_max(ftg_row(id)->args[text->piece[i].index]);
		else if (text->piece[i].kind == PIECE_VAR)
			worst += TEXT_VAR_MAX;
	}
	return worst;
}
