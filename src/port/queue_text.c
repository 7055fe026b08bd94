/* The envelope of a queue's entry as it is stored: a line each for what is known, in one order. */
#include "port/queue_text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/address/address.h"
#include "base/text/ascii.h"

#define FIRST_LINE "ftgate-queue 1"
#define LAST_LINE  "end"

enum field_type {
	NUMBER,  /* int64_t, not negative */
	COUNT,   /* unsigned */
	FLAG,    /* bool: a name alone */
	TEXT,    /* no control characters */
	WORD,    /* a text of one octet at least, with no spaces */
	PATH,    /* a mailbox, or nothing */
	MAILBOX, /* a mailbox */
	CHOICE,  /* an enum: one of words */
	SET,     /* of bits: some of words */
};

/* Values of 0, false or NULL have no line. */
struct field {
	const char *name;
	enum field_type type;
	size_t at;
	const char *const *words; /* NULL at their end; of a choice the first stands for 0 */
};

const char *const queue_return_words[] = { "unsaid", "full", "headers", NULL };
const char *const queue_state_words[] = { "waiting", "delivered", "failed", "expired", NULL };
const char *const queue_notify_words[] = { "never", "success", "failure", "delay", NULL };

#define ENTRY(name, type, member, words)                                                                               \
	{                                                                                                              \
		name, type, offsetof(struct queue_entry, member), words                                                \
	}
#define RECIPIENT(name, type, member, words)                                                                           \
	{                                                                                                              \
		name, type, offsetof(struct queue_recipient, member), words                                            \
	}

static const struct field entry_fields[] = {
	ENTRY("arrival", NUMBER, arrival, NULL),
	ENTRY("session", WORD, session, NULL),
	ENTRY("from", PATH, sender, NULL),
	ENTRY("account", NUMBER, account, NULL),
	ENTRY("user", TEXT, user, NULL),
	ENTRY("language", WORD, language, NULL),
	ENTRY("utf8", FLAG, utf8, NULL),
	ENTRY("8bit", FLAG, eightbit, NULL),
	ENTRY("held", FLAG, held, NULL),
	ENTRY("return", CHOICE, ret, queue_return_words),
	ENTRY("envid", WORD, envid, NULL),
	ENTRY("message-id", TEXT, message_id, NULL),
	ENTRY("skip", NUMBER, local_prefix_len, NULL),
	ENTRY("size", NUMBER, size, NULL),
};

/* The first begins a recipient. */
static const struct field recipient_fields[] = {
	RECIPIENT("to", MAILBOX, address, NULL),
	RECIPIENT("as", MAILBOX, sender, NULL),
	RECIPIENT("mailbox", FLAG, mailbox, NULL),
	RECIPIENT("state", CHOICE, state, queue_state_words),
	RECIPIENT("attempts", COUNT, attempts, NULL),
	RECIPIENT("next", NUMBER, next, NULL),
	RECIPIENT("notify", SET, notify, queue_notify_words),
	RECIPIENT("noticed", SET, noticed, queue_notify_words),
	RECIPIENT("orcpt", WORD, orcpt, NULL),
	RECIPIENT("reply", TEXT, reply, NULL),
};

enum {
	ENTRY_FIELDS = sizeof entry_fields / sizeof *entry_fields,
	RECIPIENT_FIELDS = sizeof recipient_fields / sizeof *recipient_fields,
};

_Static_assert(sizeof(enum dsn_return) == sizeof(unsigned) && sizeof(enum queue_state) == sizeof(unsigned),
    "a choice is read and written as an unsigned");

static bool
is_mailbox(const char *text, size_t len)
{
	struct address address;
	enum address_error error = address_parse(&address, text, len, false, true);
	return error == ADDRESS_OK || error == ADDRESS_DOMAIN; /* an entry is not damaged if its domain cannot exist */
}

static bool
is_fit(enum field_type type, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (ascii_is_control(text[i]))
			return false;
	if (len > QUEUE_TEXT_MAX)
		return false;
	switch (type) {
	case WORD: return len > 0 && memchr(text, ' ', len) == NULL;
	case PATH: return len == 0 || is_mailbox(text, len);
	case MAILBOX: return is_mailbox(text, len);
	default: return true;
	}
}

static void
put_set(FILE *out, const struct field *field, unsigned set)
{
	char sign = ' ';
	if (set != 0)
		fputs(field->name, out);
	for (size_t i = 0; field->words[i] != NULL; i++) {
		if (set & 1U << i) {
			fprintf(out, "%c%s", sign, field->words[i]);
			sign = ',';
		}
	}
	if (set != 0)
		fputc('\n', out);
}

static bool
put_text(FILE *out, const struct field *field, const char *text)
{
	if (text == NULL)
		return true;
	fprintf(out, "%s %s\n", field->name, text);
	return is_fit(field->type, text, strlen(text));
}

/* False if the value could not be read again. */
static bool
put_field(FILE *out, const struct field *field, const void *record)
{
	const void *value = (const char *)record + field->at;
	switch (field->type) {
	case NUMBER:
		if (*(const int64_t *)value != 0)
			fprintf(out, "%s %" PRId64 "\n", field->name, *(const int64_t *)value);
		return *(const int64_t *)value >= 0;
	case COUNT:
		if (*(const unsigned *)value != 0)
			fprintf(out, "%s %u\n", field->name, *(const unsigned *)value);
		return true;
	case FLAG:
		if (*(const bool *)value)
			fprintf(out, "%s\n", field->name);
		return true;
	case CHOICE:
		if (*(const unsigned *)value != 0)
			fprintf(out, "%s %s\n", field->name, field->words[*(const unsigned *)value]);
		return true;
	case SET: put_set(out, field, *(const unsigned *)value); return true;
	default: return put_text(out, field, *(char *const *)value);
	}
}

static bool
put_fields(FILE *out, const struct field *fields, size_t count, const void *record)
{
	bool fit = true;
	for (size_t i = 0; i < count; i++)
		fit &= put_field(out, &fields[i], record);
	return fit;
}

static bool
put_recipient(FILE *out, const struct queue_recipient *recipient, size_t *replies)
{
	struct queue_recipient shown = *recipient;
	*replies += shown.reply != NULL ? strlen(shown.reply) : 0;
	if (*replies > QUEUE_REPLIES_MAX)
		shown.reply = NULL;
	return put_fields(out, recipient_fields, RECIPIENT_FIELDS, &shown);
}

/* Is there room for an envelope of this length? For that of a new entry, also when results have been added to it. */
static bool
has_room(const struct queue_entry *entry, size_t len)
{
	size_t growth = QUEUE_REPLIES_MAX + (size_t)QUEUE_GROWTH_MAX * entry->count;
	return len + (entry->claimed ? 0 : growth) <= QUEUE_ENVELOPE_MAX;
}

char *
queue_text_write(const struct queue_entry *entry, size_t *len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, len);
	if (out == NULL)
		return NULL;
	fputs(FIRST_LINE "\n", out);
	bool fit = put_fields(out, entry_fields, ENTRY_FIELDS, entry) && entry->sender != NULL && entry->count > 0;
	for (size_t i = 0, replies = 0; i < entry->count; i++)
		fit &= put_recipient(out, &entry->recipients[i], &replies);
	fputs(LAST_LINE "\n", out);
	if (fclose(out) != 0) {
		free(text);
		errno = ENOMEM;
		return NULL;
	}
	if (fit && has_room(entry, *len))
		return text;
	free(text);
	errno = EINVAL;
	return NULL;
}

/* A line, or a part of one. */
struct piece {
	const char *text;
	size_t len;
};

static bool
equals(struct piece piece, const char *word)
{
	return piece.len == strlen(word) && memcmp(piece.text, word, piece.len) == 0;
}

/* Digits, the first of them not 0. */
static bool
take_number(struct piece piece, int64_t max, int64_t *number)
{
	*number = 0;
	if (piece.len == 0 || piece.text[0] == '0')
		return false;
	for (size_t i = 0; i < piece.len; i++)
		if (!ascii_is_digit(piece.text[i]) || __builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, piece.text[i] - '0', number))
			return false;
	return *number <= max;
}

/* The index of a word; that of the end if it is none of them. */
static unsigned
find_word(const char *const *words, struct piece piece)
{
	unsigned i = 0;
	while (words[i] != NULL && !equals(piece, words[i]))
		i++;
	return i;
}

static bool
take_choice(struct piece piece, const char *const *words, unsigned *choice)
{
	*choice = find_word(words, piece);
	return *choice > 0 && words[*choice] != NULL;
}

/* In the order of the words, each once. */
static bool
take_set(struct piece piece, const char *const *words, unsigned *set)
{
	const char *end = piece.text + piece.len;
	*set = 0;
	for (const char *at = piece.text; at <= end;) {
		const char *comma = memchr(at, ',', (size_t)(end - at));
		const char *stop = comma != NULL ? comma : end;
		unsigned index = find_word(words, (struct piece) { at, (size_t)(stop - at) });
		if (words[index] == NULL || *set >> index != 0)
			return false;
		*set |= 1U << index;
		at = stop + 1;
	}
	return true;
}

/* An entry of an older version can have a domain with U-labels. */
static bool
fold_domain(char **text)
{
	struct address address;
	char mailbox[ADDRESS_TEXT_SIZE];
	enum address_error error = address_parse(&address, *text, strlen(*text), false, true);
	if (error != ADDRESS_OK || !address.utf8)
		return error != ADDRESS_NO_MEMORY;
	address_write(mailbox, address.local, address.domain);
	return queue_set_text(text, mailbox, strlen(mailbox), QUEUE_TEXT_MAX);
}

static bool
take_text(enum field_type type, struct piece piece, char **text)
{
	if (!is_fit(type, piece.text, piece.len))
		return false;
	*text = strndup(piece.text, piece.len);
	return *text != NULL && ((type != PATH && type != MAILBOX) || fold_domain(text));
}

static bool
take_value(const struct field *field, void *record, struct piece piece)
{
	void *value = (char *)record + field->at;
	int64_t number;
	switch (field->type) {
	case NUMBER: return take_number(piece, INT64_MAX, value);
	case COUNT:
		if (!take_number(piece, UINT32_MAX, &number))
			return false;
		*(unsigned *)value = (unsigned)number;
		return true;
	case FLAG: return *(bool *)value = piece.text == NULL;
	case CHOICE: return take_choice(piece, field->words, value);
	case SET: return take_set(piece, field->words, value);
	default: return take_text(field->type, piece, value);
	}
}

/* Reads a line of one of these fields, from index *next on; *next is then behind it. */
static bool
take_field(const struct field *fields, size_t count, size_t *next, void *record, struct piece line)
{
	const char *space = memchr(line.text, ' ', line.len);
	struct piece name = { line.text, space != NULL ? (size_t)(space - line.text) : line.len };
	struct piece value = { NULL, 0 };
	if (space != NULL)
		value = (struct piece) { space + 1, line.len - name.len - 1 };
	while (*next < count && !equals(name, fields[*next].name))
		++*next;
	if (*next == count || (value.text == NULL) != (fields[*next].type == FLAG))
		return false;
	return take_value(&fields[(*next)++], record, value);
}

/*
 * Reads a line of an entry, or of its last recipient. *next is the index of the field behind that of the line before.
 */
static bool
take_line(struct queue_entry *entry, size_t *next, struct piece line)
{
	static const char begin[] = "to ";
	if (line.len >= sizeof begin - 1 && memcmp(line.text, begin, sizeof begin - 1) == 0) {
		if (queue_entry_add(entry, NULL) == NULL)
			return false;
		*next = 0;
	}
	if (entry->count == 0)
		return take_field(entry_fields, ENTRY_FIELDS, next, entry, line);
	return take_field(recipient_fields, RECIPIENT_FIELDS, next, &entry->recipients[entry->count - 1], line);
}

/* Cuts a line off a text; false if no whole line is left. */
static bool
cut_line(const char **text, size_t *len, struct piece *line)
{
	const char *end = memchr(*text, '\n', *len);
	if (end == NULL)
		return false;
	*line = (struct piece) { *text, (size_t)(end - *text) };
	*len -= line->len + 1;
	*text = end + 1;
	return true;
}

static bool
read_lines(struct queue_entry *entry, const char *text, size_t len)
{
	struct piece line;
	size_t next = 0;
	if (len > QUEUE_ENVELOPE_MAX || !cut_line(&text, &len, &line) || !equals(line, FIRST_LINE))
		return false;
	while (cut_line(&text, &len, &line)) {
		if (equals(line, LAST_LINE))
			return len == 0 && entry->sender != NULL && entry->count > 0;
		if (!take_line(entry, &next, line))
			return false;
	}
	return false;
}

bool
queue_text_read(struct queue_entry *entry, const char *text, size_t len)
{
	errno = 0;
	if (read_lines(entry, text, len))
		return true;
	if (errno != ENOMEM)
		errno = EBADMSG;
	return false;
}
