/* Finds the row of a reply of Postfix. */
#include "mapd/postfix_reply.h"

#include <string.h>

#include "base/address/ip.h"
#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "mapd/postfix_template.h"

enum { CODE_LEN = 3 };

/* What the holes of a template hold; len is 0 if the template has no such hole. */
struct holes {
	struct postfix_slice at[POSTFIX_HOLES];
};

static bool
is_clean(struct postfix_slice slice)
{
	for (size_t i = 0, used; i < slice.len; i += used) {
		used = utf8_length(slice.text + i, slice.len - i);
		if (used == 0 || ascii_is_control((unsigned char)slice.text[i]))
			return false;
	}
	return slice.len > 0;
}

static bool
is_mailbox(struct postfix_slice slice)
{
	return slice.text != NULL && slice.len <= ftg_arg_max(FTG_ARG_ADDRESS) && is_clean(slice) &&
	    memchr(slice.text, '<', slice.len) == NULL && memchr(slice.text, '>', slice.len) == NULL;
}

/* Whether the octets are an argument of this kind. */
static bool
is_argument(enum ftg_arg_kind kind, struct postfix_slice slice)
{
	if (kind == FTG_ARG_ADDRESS)
		return is_mailbox(slice);
	if (kind == FTG_ARG_IP)
		return slice.len > 0 && (ip_is_v4(slice.text, slice.len) || ip_is_v6(slice.text, slice.len));
	return is_clean(slice);
}

static struct postfix_slice
after(struct postfix_slice slice, size_t octets)
{
	return (struct postfix_slice) { slice.text + octets, slice.len - octets };
}

static bool
begins_with(struct postfix_slice text, const char *literal, size_t len)
{
	return text.len >= len && memcmp(text.text, literal, len) == 0;
}

/* Finds the piece that follows a hole, the last one at the end of the text only. Returns the octets before it, or -1. */
static ssize_t
piece_find(const struct postfix_piece *piece, struct postfix_slice text)
{
	if (text.len < piece->len)
		return -1;
	if (piece->hole == POSTFIX_END) {
		size_t before = text.len - piece->len;
		return begins_with(after(text, before), piece->literal, piece->len) ? (ssize_t)before : -1;
	}
	const char *at = memmem(text.text, text.len, piece->literal, piece->len);
	return at != NULL ? at - text.text : -1;
}

static bool
template_fits(struct holes *found, const char *template, struct postfix_slice text)
{
	struct postfix_piece piece;
	template = postfix_piece_read(&piece, template);
	if (!begins_with(text, piece.literal, piece.len))
		return false;
	text = after(text, piece.len);
	while (piece.hole != POSTFIX_END) {
		enum postfix_hole hole = piece.hole;
		template = postfix_piece_read(&piece, template);
		ssize_t before = piece_find(&piece, text);
		if (before < 0)
			return false;
		found->at[hole] = (struct postfix_slice) { text.text, (size_t)before };
		text = after(text, (size_t)before + piece.len);
	}
	return text.len == 0;
}

/* Takes the arguments of a row from the holes of their kinds. Returns false if one of them is missing or wrong. */
static bool
take_arguments(struct ftg_reply *reply, enum ftg_id id, const struct holes *found)
{
	*reply = ftg_reply(id);
	for (int i = 0; i < FTG_ARGS_MAX && ftg_row(id)->args[i] != FTG_ARG_NONE; i++) {
		enum ftg_arg_kind kind = ftg_row(id)->args[i];
		enum postfix_hole hole = POSTFIX_END;
		for (enum postfix_hole h = POSTFIX_ANY; h < POSTFIX_HOLES; h++)
			if (found->at[h].len > 0 && postfix_hole_kind(h) == kind)
				hole = h;
		if (!is_argument(kind, found->at[hole]))
			return false;
		reply->arg[i] = (struct ftg_arg) { found->at[hole].text, found->at[hole].len, 0 };
	}
	return true;
}

/* Takes the recipient from a text that names it, with or without a row. One that holds a text of Postfix names nobody. */
static void
take_recipient(struct postfix_reply *reply, struct postfix_slice text)
{
	struct holes found = { 0 };
	if (template_fits(&found, "<{*}>: {*}>: {*}", text))
		return;
	if (!template_fits(&found, "<{recipient}>: Recipient address rejected: {*}", text) &&
	    !template_fits(&found, "<{recipient}>: Relay access denied", text))
		return;
	struct postfix_slice recipient = found.at[POSTFIX_RECIPIENT];
	if (!is_mailbox(recipient))
		return;
	reply->recipient = recipient;
	const char *at = memrchr(recipient.text, '@', recipient.len);
	if (at != NULL && at + 1 < recipient.text + recipient.len)
		reply->domain = after(recipient, (size_t)(at + 1 - recipient.text));
}

static bool
template_applies(const struct postfix_template *template, const struct postfix_reply *reply)
{
	if (strchr(template->codes, reply->code.text[0]) == NULL)
		return false;
	size_t len = strlen(template->status);
	return len == 0 || (reply->status.len == len + 2 && memcmp(reply->status.text + 2, template->status, len) == 0);
}

static void
find_row(struct postfix_reply *reply, struct postfix_slice text)
{
	size_t count;
	const struct postfix_template *template = postfix_templates(&count);
	for (size_t i = 0; i < count; i++, template ++) {
		struct holes found = { 0 };
		if (!template_applies(template, reply) || !template_fits(&found, template->text, text))
			continue;
		if (template->id != FTG_IDS && !take_arguments(&reply->reply, template->id, &found))
			continue;
		if (template->id != FTG_IDS)
			reply->match = template->status[0] == '\0' ? POSTFIX_BY_TEXT : POSTFIX_BY_STATUS;
		return;
	}
}

/* Octets of an enhanced status (RFC 2034) at the start of a text, without the space behind it; 0 if there is none. */
static size_t
status_len(struct postfix_slice text, char class)
{
	size_t n = 0, digits;
	for (int part = 0; part < 3; part++) {
		for (digits = 0; n < text.len && ascii_is_digit(text.text[n]); n++)
			digits++;
		if (digits == 0 || digits > 3 || (part < 2 && (n == text.len || text.text[n++] != '.')))
			return 0;
	}
	return text.text[0] == class && text.text[1] == '.' && (n == text.len || text.text[n] == ' ') ? n : 0;
}

static bool
take_code(struct postfix_reply *reply, struct postfix_slice octets)
{
	if (octets.len < CODE_LEN || (octets.text[0] != '4' && octets.text[0] != '5') ||
	    !ascii_is_digit(octets.text[1]) || !ascii_is_digit(octets.text[2]))
		return false;
	if (octets.len > CODE_LEN && octets.text[CODE_LEN] != ' ' && octets.text[CODE_LEN] != '-')
		return false;
	reply->code = (struct postfix_slice) { octets.text, CODE_LEN };
	return true;
}

bool
postfix_reply_parse(struct postfix_reply *reply, const char *octets, size_t len)
{
	*reply = (struct postfix_reply) { .match = POSTFIX_NO_ROW };
	struct postfix_slice text = { octets, len };
	if (text.len > 0 && text.text[text.len - 1] == '\n')
		text.len--;
	if (text.len > 0 && text.text[text.len - 1] == '\r')
		text.len--;
	if (!take_code(reply, text))
		return false;
	text = after(text, CODE_LEN + (text.len > CODE_LEN));
	size_t n = status_len(text, octets[0]);
	if (n > 0) {
		reply->status = (struct postfix_slice) { text.text, n };
		text = after(text, n + (n < text.len));
	}
	take_recipient(reply, text);
	find_row(reply, text);
	return true;
}
