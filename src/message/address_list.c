/* Counts the addresses of a field such as To as its value streams by. */
#include "message/address_list.h"

#include <limits.h>

enum in { NOTHING, QUOTED, LITERAL };

static void
add(unsigned *count, unsigned more)
{
	if (__builtin_add_overflow(*count, more, count))
		*count = UINT_MAX;
}

/* An element of the list has ended; it may have been empty (RFC 5322 section 4.4). */
static void
end_element(struct address_list *list)
{
	add(&list->count, list->some);
	list->some = false;
}

/* Parentheses nest. */
static void
read_comment(struct address_list *list, char c)
{
	if (c == '(')
		add(&list->comment, 1);
	else if (c == ')')
		list->comment--;
}

static void
read_enclosed(struct address_list *list, char c)
{
	static const char closing[] = { [QUOTED] = '"', [LITERAL] = ']' };
	if (c == closing[list->in])
		list->in = NOTHING;
}

/* An octet that is itself, if it stands in no angle brackets: in those nothing separates, not in a route either. */
static void
read_open(struct address_list *list, char c)
{
	switch (c) {
	case '(': list->comment = 1; return;
	case '"': list->in = QUOTED; break;
	case '[': list->in = LITERAL; break;
	case '<': list->angle = true; break;
	case '>': list->angle = false; break;
	case ' ':
	case '\t': return;
	case ',':
	case ';':
		if (!list->angle)
			end_element(list);
		return;
	case ':': /* behind the name of a group */ list->some &= list->angle; return;
	default: break;
	}
	list->some = true;
}

static void
read_octet(struct address_list *list, char c)
{
	bool closed = list->comment > 0 || list->in != NOTHING;
	if (c == ',' && (closed || list->angle))
		add(&list->hidden, 1);
	if (list->escaped || (closed && c == '\\'))
		list->escaped = !list->escaped;
	else if (list->comment > 0)
		read_comment(list, c);
	else if (list->in != NOTHING)
		read_enclosed(list, c);
	else
		read_open(list, c);
	if (list->comment == 0 && list->in == NOTHING && !list->angle)
		list->hidden = 0;
}

void
address_list_read(struct address_list *list, const char *text, size_t len, bool last)
{
	for (size_t i = 0; i < len; i++)
		read_octet(list, text[i]);
	if (!last)
		return;
	end_element(list);
	add(&list->count, list->hidden);
	*list = (struct address_list) { .count = list->count };
}
