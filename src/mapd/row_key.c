/* The key of a look-up that names a reply of the catalogue. */
#include "mapd/row_key.h"

#include <string.h>

enum { ID_MAX = 64 };

/* Takes the first line out of a text. Returns false if the text has ended before. */
static bool
take_line(struct postfix_slice *line, struct postfix_slice *text)
{
	if (text->text == NULL)
		return false;
	const char *end = memchr(text->text, '\n', text->len);
	*line = (struct postfix_slice) { text->text, end != NULL ? (size_t)(end - text->text) : text->len };
	*text = end != NULL ? (struct postfix_slice) { end + 1, text->len - line->len - 1 }
	                    : (struct postfix_slice) { 0 };
	return true;
}

/* The ID of a reference, with or without "#", or of a name; FTG_IDS if there is none. */
static enum ftg_id
find_id(struct postfix_slice name)
{
	char id[ID_MAX];
	if (name.len == 0 || name.len >= sizeof id || memchr(name.text, '\0', name.len) != NULL)
		return FTG_IDS;
	memcpy(id, name.text, name.len);
	id[name.len] = '\0';
	for (enum ftg_id row = 0; row < FTG_IDS; row++)
		if (strcmp(ftg_row(row)->ref + (id[0] != '#'), id) == 0)
			return row;
	return ftg_id_find(id);
}

static bool
is_refusal(enum ftg_id id)
{
	if (id >= FTG_IDS || ftg_row(id)->service != FTG_SMTP)
		return false;
	char class = ftg_row(id)->code[FTG_STRICT].reply[0];
	return class == '4' || class == '5';
}

static bool
take_reason(struct ftg_arg *arg, struct postfix_slice name)
{
	enum ftg_id reason = find_id(name);
	if (reason >= FTG_IDS || (ftg_row(reason)->service != FTG_MAILBOX && ftg_row(reason)->service != FTG_SECPOL))
		return false;
	arg->number = reason;
	return true;
}

static bool
take_argument(struct ftg_arg *arg, enum ftg_arg_kind kind, struct postfix_slice line)
{
	if (kind == FTG_ARG_REASON)
		return take_reason(arg, line);
	arg->text = line.text;
	arg->len = line.len;
	return line.len > 0;
}

/* Takes the arguments from the lines behind the recipient. */
static bool
take_arguments(struct postfix_reply *reply, struct postfix_slice lines)
{
	const enum ftg_arg_kind *kinds = ftg_row(reply->reply.id)->args;
	struct postfix_slice line;
	if (lines.text == NULL && kinds[0] == FTG_ARG_ADDRESS && kinds[1] == FTG_ARG_NONE)
		return take_argument(&reply->reply.arg[0], kinds[0], reply->recipient);
	for (int i = 0; i < FTG_ARGS_MAX && kinds[i] != FTG_ARG_NONE; i++)
		if (!take_line(&line, &lines) || !take_argument(&reply->reply.arg[i], kinds[i], line))
			return false;
	return lines.text == NULL;
}

static void
take_recipient(struct postfix_reply *reply, struct postfix_slice recipient)
{
	reply->recipient = recipient;
	const char *at = memrchr(recipient.text, '@', recipient.len);
	if (at != NULL)
		reply->domain = (struct postfix_slice) { at + 1, (size_t)(recipient.text + recipient.len - at - 1) };
}

bool
row_key_parse(struct postfix_reply *reply, const char *key, size_t len)
{
	struct postfix_reply found = { .match = POSTFIX_BY_TEXT };
	struct postfix_slice lines = { key, len }, name, recipient;
	*reply = (struct postfix_reply) { .match = POSTFIX_NO_ROW };
	if (!take_line(&name, &lines) || !take_line(&recipient, &lines) || !is_refusal(find_id(name)))
		return false;
	found.reply = ftg_reply(find_id(name));
	take_recipient(&found, recipient);
	if (!take_arguments(&found, lines))
		return false;
	*reply = found;
	return true;
}
