/* The fields Localized-Diagnostic of a DSN: replies of ftgate servers in the language of the sender (RFC 6533 section 4). */
#include "relay/dsn/dsn_localized.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text/ascii.h"
#include "relay/dsn/diagnosis.h"

enum { FIELD_MAX = 900 }; /* octets of a text; RFC 5322 section 2.1.1 allows lines of 998 */

/* Octets of a code and an enhanced status in front of the text of a line: "550-5.1.1 " */
static size_t
prefix_length(const char *line, size_t len)
{
	size_t at = len < 4 ? len : 4, status = at;
	while (status < len && (ascii_is_digit(line[status]) || line[status] == '.'))
		status++;
	bool found = status >= at + 5 && status < len && line[status] == ' ' && line[at + 1] == '.';
	return found ? status + 1 : at;
}

/* The text of a reply, without codes, all its lines in one. Returns its length, below FIELD_MAX, cut at a character. */
static size_t
write_text(char text[FTG_REPLY_MAX], const char *reply, size_t len)
{
	size_t used = 0;
	for (size_t at = 0; at < len;) {
		const char *line = reply + at, *end = memchr(line, '\r', len - at);
		size_t line_len = end != NULL ? (size_t)(end - line) : len - at;
		size_t skip = prefix_length(line, line_len);
		if (used > 0)
			text[used++] = ' ';
		memcpy(text + used, line + skip, line_len - skip);
		used += line_len - skip;
		at += line_len + 2;
	}
	if (used < FIELD_MAX)
		return used;
	for (used = FIELD_MAX - 1; used > 0 && (text[used] & 0xC0) == 0x80;)
		used--;
	return used;
}

/* The variables of a text are those of this server: the host becomes the other one, and the rest is left out. */
static void
put_field(FILE *to, const struct ftg_voice *voice, const struct diagnosis *d, const char *tag)
{
	char reply[FTG_REPLY_MAX], text[FTG_REPLY_MAX], host[256];
	const struct ftg_vars vars = { .value = { [FTG_VAR_HOST] = host } };
	struct ftg_voice spoken = *voice;
	spoken.vars = &vars;
	snprintf(host, sizeof host, "%.*s", (int)d->server_len, d->server);
	size_t len = write_text(text, reply, ftg_render(reply, &spoken, &d->reply));
	fprintf(to, "Localized-Diagnostic: %s; %.*s\n", tag, (int)len, text);
}

static const char *
tag_of(const struct ftg_voice *voice, const struct diagnosis *d)
{
	return ftg_voice_spoken(voice, d->id);
}

static const char *
tag_in(const struct ftg_voice *voice, enum ftg_encoding encoding, const struct diagnosis *d)
{
	struct ftg_voice spoken = *voice;
	spoken.encoding = encoding;
	return tag_of(&spoken, d);
}

/* Fields of one recipient have different languages (RFC 6533 section 4). */
static char *
write_fields(const struct dsn_report *report, size_t recipient, const struct ftg_voice *voice)
{
	char *fields = NULL;
	size_t len;
	struct ftg_voice spoken = *voice;
	spoken.bilingual = false;
	const struct diagnosis d = diagnosis_read(report->entry, &report->entry->recipients[recipient]);
	FILE *to = open_memstream(&fields, &len);
	if (to == NULL)
		return NULL;
	const char *first = d.complete ? tag_of(&spoken, &d) : "";
	if (d.complete)
		put_field(to, &spoken, &d, first);
	spoken.language = voice->second;
	if (d.complete && voice->bilingual && strcmp(first, tag_of(&spoken, &d)) != 0)
		put_field(to, &spoken, &d, tag_of(&spoken, &d));
	bool failed = ferror(to);
	if (fclose(to) != 0 || failed) {
		free(fields);
		return NULL;
	}
	return fields;
}

static size_t
language_length(const char *tag)
{
	return strcspn(tag, "-");
}

/* Does a reply in ASCII have another language than in UTF-8? */
static bool
needs_utf8(const struct dsn_report *report, const struct ftg_voice *voice)
{
	for (size_t i = 0; i < report->entry->count; i++) {
		const struct diagnosis d = diagnosis_read(report->entry, &report->entry->recipients[i]);
		if (report->due[i] == 0 || !d.complete)
			continue;
		const char *wanted = tag_in(voice, FTG_UTF8, &d), *ascii = tag_in(voice, FTG_ASCII, &d);
		size_t len = language_length(wanted);
		if (language_length(ascii) != len || memcmp(ascii, wanted, len) != 0)
			return true;
	}
	return false;
}

/* The sender of a message with SMTPUTF8 can read a reply in UTF-8. */
static bool
has_utf8_reply(const struct dsn_report *report)
{
	const struct queue_entry *entry = report->entry;
	for (size_t i = 0; entry->utf8 && i < entry->count; i++) {
		const char *reply = entry->recipients[i].reply;
		if (report->due[i] != 0 && reply != NULL && !ascii_is_all(reply, strlen(reply)))
			return true;
	}
	return false;
}

bool
dsn_localize(struct dsn_words *words, const struct dsn_report *report, const struct ftg_voice *voice)
{
	struct ftg_voice spoken = *voice;
	spoken.link = FTG_LINK_NEVER;
	words->global = dsn_is_global(report) || has_utf8_reply(report) || needs_utf8(report, voice);
	spoken.encoding = words->global ? FTG_UTF8 : FTG_ASCII;
	words->count = report->entry->count;
	words->localized = calloc(words->count + 1, sizeof *words->localized);
	if (words->localized == NULL)
		return false;
	for (size_t i = 0; i < words->count; i++)
		if (report->due[i] != 0 && (words->localized[i] = write_fields(report, i, &spoken)) == NULL)
			return false;
	return true;
}
