/* A parser of .po files (GNU gettext manual, section "The Format of PO Files"). */
#include "texts/po_file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/translate.h"

enum state { BETWEEN, IN_CONTEXT, IN_ID, IN_PLURAL, IN_TEXT };

struct parser {
	struct po_file *po;
	struct po_item *item; /* the one that is read; NULL: none */
	enum state state;
	size_t line;      /* number */
	size_t own;       /* where the comments of the next entry begin */
	bool fuzzy;       /* among these comments */
	char *end;        /* of the decoded strings */
	const char *word; /* the decoded string that is read */
};

static int
fail(struct parser *parser, const char *what)
{
	parser->po->fault = what;
	parser->po->fault_line = parser->line;
	errno = EINVAL;
	return -1;
}

static struct po_item *
add_item(struct po_file *po)
{
	if (po->count == po->room) {
		size_t room = po->room > 0 ? 2 * po->room : 64;
		struct po_item *grown = reallocarray(po->item, room, sizeof *grown);
		if (grown == NULL)
			return NULL;
		po->item = grown;
		po->room = room;
	}
	po->item[po->count] = (struct po_item) { 0 };
	return &po->item[po->count++];
}

static bool
is_digit(char c, int base)
{
	bool letter = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
	return (c >= '0' && c < '0' + (base < 10 ? base : 10)) || (base == 16 && letter);
}

/* The octet that up to so many digits mean. */
static char
read_number(const char **at, int base, unsigned most)
{
	unsigned value = 0;
	for (unsigned i = 0; i < most && is_digit(**at, base); i++, (*at)++)
		value = value * (unsigned)base + (unsigned)(**at <= '9' ? **at - '0' : (**at | 0x20) - 'a' + 10);
	return (char)value;
}

/* Decodes what follows a backslash, and moves *at behind it. Returns false if it is no escape. */
static bool
read_escape(const char **at, char *octet)
{
	static const char letters[] = "ntrabfv\"\\", octets[] = "\n\t\r\a\b\f\v\"\\";
	const char *letter = **at != '\0' ? strchr(letters, **at) : NULL;
	if (letter != NULL) {
		*octet = octets[letter - letters];
		(*at)++;
		return true;
	}
	bool hexadecimal = **at == 'x';
	*at += hexadecimal;
	if (!is_digit(**at, hexadecimal ? 16 : 8))
		return false;
	*octet = read_number(at, hexadecimal ? 16 : 8, hexadecimal ? 2 : 3);
	return true;
}

/* Decodes the strings of a line, from a quote on, behind what has been decoded. */
static int
read_strings(struct parser *parser, const char *at, const char *end)
{
	for (; at < end && *at == '"'; at += strspn(at, " \t\r")) {
		for (at++; at < end && *at != '"';) {
			char octet = *at++;
			if (octet == '\\' && !read_escape(&at, &octet))
				return fail(parser, N_("a backslash that begins no escape; write two of them for one"));
			if (octet == '\0')
				return fail(parser, N_("a NUL in a string"));
			*parser->end++ = octet;
		}
		if (at >= end)
			return fail(parser, N_("a string has no closing quote on its line"));
		at++;
	}
	return at < end ? fail(parser, N_("something follows a string on its line")) : 0;
}

/* Ends the string that was read. */
static void
end_word(struct parser *parser)
{
	struct po_item *item = parser->item;
	if (parser->word == NULL)
		return;
	*parser->end++ = '\0';
	switch (parser->state) {
	case IN_CONTEXT: item->context = parser->word; break;
	case IN_ID: item->id = parser->word; break;
	case IN_PLURAL: item->plural = parser->word; break;
	case IN_TEXT:
		item->text = item->forms++ == 0 ? parser->word : item->text;
		item->text_len = (size_t)(parser->end - 1 - item->text);
		break;
	case BETWEEN: break;
	}
	parser->word = NULL;
}

/* Ends the entry that was read. */
static int
end_item(struct parser *parser)
{
	end_word(parser);
	if (parser->item == NULL)
		return 0;
	if (parser->state != IN_TEXT)
		return fail(parser, N_("the entry before this line has no msgstr"));
	parser->item = NULL;
	parser->state = BETWEEN;
	return 0;
}

/* Begins an entry at a keyword. */
static int
begin_item(struct parser *parser, size_t at)
{
	if (end_item(parser) < 0 || (parser->item = add_item(parser->po)) == NULL)
		return -1;
	parser->item->begin = parser->own;
	parser->item->keys = at;
	parser->item->line = parser->line;
	parser->item->fuzzy = parser->fuzzy;
	parser->fuzzy = false;
	return 0;
}

/* The number in the brackets of msgstr[N], and where they end; -1 if there is no such number. */
static int
read_index(const char **at)
{
	if (at[0][0] != '[' || at[0][1] < '0' || at[0][1] > '9' || at[0][2] != ']')
		return -1;
	*at += 3;
	return at[0][-2] - '0';
}

/* A msgstr, from behind the keyword on. */
static int
begin_text(struct parser *parser, const char **rest, size_t at)
{
	struct po_item *item = parser->item;
	bool in_text = parser->state == IN_TEXT, plural = item != NULL && item->plural != NULL;
	if (item == NULL || item->id == NULL || (in_text && !plural))
		return fail(parser, N_("a msgstr without a msgid before it"));
	int index = read_index(rest);
	if (plural != (index >= 0))
		return fail(parser,
		    plural ? N_("the entry has a msgid_plural: write msgstr[0], msgstr[1]...")
		           : N_("a msgstr with a number belongs behind a msgid_plural"));
	if (plural && (index != (int)item->forms || index >= PO_FORMS_MAX))
		return fail(parser, N_("the forms must be msgstr[0], msgstr[1] and so on, in this order"));
	if (!in_text) {
		item->strings = at;
		item->string_line = parser->line;
	}
	parser->state = IN_TEXT;
	return 0;
}

/* Takes a keyword, if the line begins with one, and moves *at behind it. Returns 1, 0 if there is none, or -1. */
static int
read_keyword(struct parser *parser, const char **at, size_t offset)
{
	static const struct {
		const char *word;
		enum state state;
	} keywords[] = {
		{ "msgctxt", IN_CONTEXT },
		{ "msgid_plural", IN_PLURAL },
		{ "msgid", IN_ID },
		{ "msgstr", IN_TEXT },
	};
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		enum state state = keywords[i].state;
		size_t len = strlen(keywords[i].word);
		if (strncmp(*at, keywords[i].word, len) != 0)
			continue;
		end_word(parser);
		*at += len;
		if (state == IN_TEXT)
			return begin_text(parser, at, offset) < 0 ? -1 : 1;
		if (state == IN_PLURAL && parser->state != IN_ID)
			return fail(parser, N_("a msgid_plural without a msgid before it"));
		if ((state == IN_CONTEXT || (state == IN_ID && parser->state != IN_CONTEXT)) &&
		    begin_item(parser, offset) < 0)
			return -1;
		parser->state = state;
		return 1;
	}
	return 0;
}

/* Whether a comment "#, ..." has the flag fuzzy. */
static bool
has_fuzzy(const char *at, const char *end)
{
	const char *found = memmem(at, (size_t)(end - at), "fuzzy", 5);
	return at[1] == ',' && found != NULL && strchr(" \t,", found[-1]) != NULL &&
	    (found + 5 == end || strchr(" \t\r,", found[5]) != NULL);
}

/* A line without strings: a comment or an empty one. Those that are obsolete belong to no entry. */
static int
read_comment(struct parser *parser, const char *at, const char *end, size_t next)
{
	bool comment = at < end && *at == '#', obsolete = comment && at + 1 < end && at[1] == '~';
	if (parser->state != BETWEEN && end_item(parser) < 0)
		return -1;
	if (!comment || obsolete) {
		parser->own = next;
		parser->fuzzy = false;
	}
	parser->fuzzy = parser->fuzzy || (comment && !obsolete && has_fuzzy(at, end));
	return 0;
}

static int
read_line(struct parser *parser, size_t offset, size_t next)
{
	const char *octets = parser->po->octets, *at = octets + offset, *end = octets + next;
	while (end > at && strchr("\n\r", end[-1]) != NULL)
		end--;
	at += strspn(at, " \t");
	if (at >= end || *at == '#')
		return read_comment(parser, at, end, next);
	int found = *at == '"' ? 0 : read_keyword(parser, &at, offset);
	if (found < 0)
		return -1;
	if (found > 0) {
		parser->word = parser->end;
		at += strspn(at, " \t");
	}
	if (*at != '"' || parser->word == NULL)
		return fail(parser,
		    found > 0 ? N_("a string in quotes is missing behind the keyword")
		              : N_("neither a comment nor msgctxt, msgid, msgid_plural, msgstr or a string in quotes"));
	if (read_strings(parser, at, end) < 0)
		return -1;
	parser->item->end = next;
	parser->own = next;
	return 0;
}

static int
compare_contexts(const char *a, const char *b)
{
	int order = strcmp(a != NULL ? a : "", b != NULL ? b : "");
	return order != 0 ? order : (a != NULL) - (b != NULL);
}

static int
by_key(const void *a, const void *b)
{
	const struct po_item *x = *(const struct po_item *const *)a, *y = *(const struct po_item *const *)b;
	int order = compare_contexts(x->context, y->context);
	order = order != 0 ? order : strcmp(x->id, y->id);
	return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

/* Sorts the entries. gettext() would find one of two with the same key only. */
static int
sort(struct parser *parser)
{
	struct po_file *po = parser->po;
	po->sorted = calloc(po->count + 1, sizeof(const struct po_item *));
	if (po->sorted == NULL)
		return -1;
	for (size_t i = 0; i < po->count; i++)
		po->sorted[i] = &po->item[i];
	if (po->count > 1)
		qsort(po->sorted, po->count, sizeof(const struct po_item *), by_key);
	for (size_t i = 1; i < po->count; i++) {
		const struct po_item *x = po->sorted[i - 1], *y = po->sorted[i];
		parser->line = y->line;
		if (strcmp(x->id, y->id) == 0 && compare_contexts(x->context, y->context) == 0)
			return fail(parser, N_("an entry with the same msgctxt and msgid stands before it"));
	}
	return 0;
}

static int
parse(struct parser *parser)
{
	struct po_file *po = parser->po;
	int result = 0;
	for (size_t at = 0; at < po->len && result == 0;) {
		const char *stop = memchr(po->octets + at, '\n', po->len - at);
		size_t next = stop != NULL ? (size_t)(stop - po->octets) + 1 : po->len;
		parser->line++;
		result = read_line(parser, at, next);
		at = next;
	}
	if (result == 0)
		result = end_item(parser);
	return result == 0 ? sort(parser) : result;
}

int
po_file_parse(struct po_file *po, const char *octets, size_t len)
{
	struct parser parser = { .po = po, .line = 1 };
	*po = (struct po_file) { .octets = octets, .len = len };
	if (len > PO_FILE_MAX)
		return fail(&parser, N_("the file is larger than 1 MiB"));
	if (len >= 3 && memcmp(octets, "\xEF\xBB\xBF", 3) == 0)
		return fail(&parser, N_("it begins with a byte order mark; save it as UTF-8 without one"));
	if (memchr(octets, '\0', len) != NULL)
		return fail(&parser, N_("it contains a NUL; save it as UTF-8"));
	/* A decoded string with its NUL is shorter than in quotes; the octets must end with a NUL for strspn(). */
	char *copy = malloc(2 * len + 2);
	if (copy == NULL)
		return -1;
	memcpy(copy, octets, len);
	copy[len] = '\0';
	po->octets = copy;
	po->strings = copy;
	parser.end = copy + len + 1;
	parser.line = 0;
	if (parse(&parser) < 0)
		return -1;
	po->header = po_file_find(po, NULL, "");
	return 0;
}

void
po_file_free(struct po_file *po)
{
	free(po->sorted);
	free(po->item);
	free(po->strings);
	*po = (struct po_file) { 0 };
}

bool
po_item_is_header(const struct po_item *item)
{
	return item->context == NULL && *item->id == '\0';
}

bool
po_item_is_compiled(const struct po_item *item)
{
	return *item->text != '\0' && (po_item_is_header(item) || !item->fuzzy);
}

const struct po_item *
po_file_find(const struct po_file *po, const char *context, const char *id)
{
	size_t from = 0, to = po->count;
	while (from < to) {
		size_t middle = from + (to - from) / 2;
		const struct po_item *item = po->sorted[middle];
		int order = compare_contexts(item->context, context);
		if (order < 0 || (order == 0 && id != NULL && strcmp(item->id, id) < 0))
			from = middle + 1;
		else
			to = middle;
	}
	const struct po_item *found = NULL;
	for (; from < po->count && compare_contexts(po->sorted[from]->context, context) == 0; from++) {
		const struct po_item *item = po->sorted[from];
		if (id != NULL)
			return strcmp(item->id, id) == 0 ? item : NULL;
		if (found == NULL || item->line < found->line)
			found = item;
	}
	return found;
}
