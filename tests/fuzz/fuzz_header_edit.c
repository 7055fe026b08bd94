/*
 * Fuzzes the changes to headers. An input is an octet of switches, the size of the pieces, and four texts with a NUL between
 * them: the name and the value of a field, a subject, the message.
 */
#include "base/text/field_edits.h"
#include "support/edited.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies what is in front of the next NUL, and passes over it. */
static char *
take(const uint8_t **data, size_t *size)
{
	size_t len = strnlen((const char *)*data, *size);
	char *text = strndup((const char *)*data, len);
	if (text == NULL)
		abort();
	len += len < *size;
	*data += len;
	*size -= len;
	return text;
}

/* A field ends with its only line end that no white space follows, and each of its lines is short and has text. */
static void
check_field(const char *text)
{
	size_t len = strlen(text), line = 0;
	bool some = false;
	if (len < 2 || text[len - 1] != '\n')
		abort();
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r')
			abort();
		line = text[i] == '\n' ? 0 : line + 1;
		if (line > FIELD_LINE_MAX || (text[i] == '\n' && !some))
			abort();
		some = text[i] != '\n' && (some || (text[i] != ' ' && text[i] != '\t'));
		if (text[i] == '\n' && i + 1 < len && text[i + 1] != ' ' && text[i + 1] != '\t')
			abort();
	}
}

static void
set(struct field_edits *edits, uint8_t flags, const char *name, const char *value, const char *subject)
{
	bool high = false;
	edits->utf8 = flags & 1;
	edits->bcc = flags & 2;
	edits->own_name = flags & 4 ? "mx.example.test" : NULL;
	edits->user = flags & 64;
	edits->domain = flags & 8 ? strdup("example.test") : NULL;
	edits->date = flags & 16 ? field_write("Date", "today", false, &high) : NULL;
	edits->message_id = flags & 16 ? field_write("Message-ID", "<1@x>", false, &high) : NULL;
	if (flags & 32)
		(void)field_edits_add(edits, name, value, (int8_t)flags);
	if (flags & 64)
		(void)field_edits_remove(edits, name, (int8_t)flags % 4);
	if (flags & 128)
		(void)field_edits_subject(edits, subject);
	for (size_t i = 0; i < edits->added_count; i++)
		check_field(edits->added[i].text);
	if (edits->subject != NULL)
		check_field(edits->subject);
	field_edits_sort(edits);
}

static size_t
longest_line(const char *text, size_t len)
{
	size_t longest = 0, line = 0;
	for (size_t i = 0; i < len; i++) {
		line = text[i] == '\n' ? 0 : line + 1;
		longest = line > longest ? line : longest;
	}
	return longest;
}

/* The body stays as it is, the pieces change nothing, and no line gets too long. */
static void
check_message(const struct field_edits *edits, const char *message, size_t len, size_t piece)
{
	size_t local = len > 40 ? 20 : 0, other_local = local, one_len = len, other_len = len;
	char *one = edited_in_pieces(edits, message, &one_len, &local, len + 1);
	char *other = edited_in_pieces(edits, message, &other_len, &other_local, piece);
	if (one_len != other_len || memcmp(one, other, one_len) != 0 || local != other_local || local > one_len)
		abort();
	if (longest_line(message, len) <= FIELD_LINE_MAX && longest_line(one, one_len) > FIELD_LINE_MAX)
		abort();
	const char *body = len > 0 && message[0] == '\n' ? message - 1 : memmem(message, len, "\n\n", 2);
	size_t body_len = body == NULL ? 0 : len - (size_t)(body + 1 - message);
	if (body_len > one_len || (body_len > 0 && memcmp(one + one_len - body_len, body + 1, body_len) != 0))
		abort();
	free(one);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct field_edits edits = { 0 };
	if (size < 2)
		return 0;
	uint8_t flags = data[0];
	size_t piece = data[1] + 1u;
	data += 2;
	size -= 2;
	char *name = take(&data, &size), *value = take(&data, &size), *subject = take(&data, &size);
	set(&edits, flags, name, value, subject);
	check_message(&edits, (const char *)data, size, piece);
	field_edits_clear(&edits);
	free(name);
	free(value);
	free(subject);
	return 0;
}
