/* Keeps mail that programs send from lists (RFC 3834 section 5), and messages that a list has had already. */
#include <string.h>

#include "base/text/ascii.h"
#include "smtp/policy/header_check.h"

enum { LIST_IDS_MAX = 100 }; /* List-Id fields that are looked at: a list leaves one, its own */

size_t
field_skip_comments(const char *value, size_t len)
{
	size_t at = 0;
	unsigned depth = 0;

	for (; at < len; at++) {
		if (value[at] == '(')
			depth++;
		else if (value[at] == ')' && depth > 0)
			depth--;
		else if (value[at] == '\\' && depth > 0)
			at++;
		else if (depth == 0 && !ascii_is_space(value[at]))
			break;
	}
	return at < len ? at : len;
}

/* Is a program's answer to another message announced? What programs send unasked (auto-generated) may be for a list. */
static bool
is_reply(const char *value, size_t len)
{
	static const char word[] = "auto-replied";
	const size_t word_len = sizeof word - 1;
	size_t at = field_skip_comments(value, len);

	if (len - at < word_len || !ascii_equal(value + at, word, word_len))
		return false;
	at += word_len;
	return at == len || value[at] == ';' || value[at] == '(' || ascii_is_space(value[at]);
}

/* As for Delivered-To: a list that an alias leads to does not get the message again. */
static void
look_at_id(struct smtp_session *s, struct list_message *list, const struct header_field *field)
{
	if (!list_message_has_id(list, field->value, field->len))
		return;
	if (envelope_has_rcpt(&s->envelope, &list->list))
		header_refuse(s, ERR_SMTP_HOPSFAILED, "loop");
	else
		list->returned = true;
}

void
lists_look(struct smtp_session *s, const struct header_field *field)
{
	const struct envelope *envelope = &s->envelope;

	if (list_messages_count(envelope->lists) == 0 || !field->first)
		return;
	if (envelope->lists->posted && header_is(field, "Auto-Submitted") && is_reply(field->value, field->len))
		header_refuse(s, ERR_SMTP_GLACCESSDENIED, "auto-replied");
	if (!header_is(field, "List-Id") || s->message.checks->list_ids++ >= LIST_IDS_MAX)
		return;
	for (size_t i = 0; i < list_messages_count(envelope->lists); i++)
		look_at_id(s, envelope->lists->all[i], field);
}
