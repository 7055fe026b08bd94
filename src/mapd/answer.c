/* The answer to a look-up of a reply: our text for it, in the form that the map asks for. */
#include "mapd/answer.h"

#include <stdbool.h>
#include <string.h>

enum {
	LINES_MAX = 96,
	HEAD_MAX = sizeof "550-5.255.255 " - 1, /* what Postfix, or we, put before a line */
	LINE_ROOM = FTG_LINE_MAX - 2 - HEAD_MAX,
};

/* The lines of a reply, without code and status. */
struct lines {
	struct line {
		const char *text;
		size_t len;
	} line[LINES_MAX];
	size_t count;
};

/* What is written; a piece that does not fit spoils all of it. */
struct written {
	char *at, *end;
	bool full;
};

enum answer_form
answer_form(const char *map, size_t len)
{
	static const char *const names[ANSWER_FORMS] = {
		[ANSWER_FOOTER] = "footer",
		[ANSWER_FILTER] = "filter",
		[ANSWER_TEXT] = "text",
	};
	for (enum answer_form form = 0; form < ANSWER_FORMS; form++)
		if (strlen(names[form]) == len && memcmp(names[form], map, len) == 0)
			return form;
	return ANSWER_FORMS;
}

static void
put(struct written *written, const char *octets, size_t len)
{
	written->full = written->full || len > (size_t)(written->end - written->at);
	if (written->full || len == 0)
		return;
	memcpy(written->at, octets, len);
	written->at += len;
}

/* Postfix may put a longer status before a line than we would: a line that is too long then is broken at a space. */
static void
add_line(struct lines *lines, const char *text, size_t len)
{
	while (len > LINE_ROOM && lines->count < LINES_MAX) {
		const char *space = memrchr(text + LINE_ROOM / 2, ' ', LINE_ROOM / 2 + 1);
		size_t used = space != NULL ? (size_t)(space - text) : LINE_ROOM;
		lines->line[lines->count++] = (struct line) { text, used };
		used += space != NULL;
		text += used;
		len -= used;
	}
	if (lines->count < LINES_MAX)
		lines->line[lines->count++] = (struct line) { text, len };
}

/* Takes the lines of a rendered reply out of it: each begins with the code and the status of its row. */
static void
take_lines(struct lines *lines, const char *rendered, size_t len, const struct ftg_code *code)
{
	size_t status = strlen(code->status), head = strlen(code->reply) + 1 + (status > 0 ? status + 1 : 0);
	while (len > 0) {
		const char *end = memmem(rendered, len, "\r\n", 2);
		size_t line = end != NULL ? (size_t)(end - rendered) : len;
		size_t skipped = head < line ? head : line;
		add_line(lines, rendered + skipped, line - skipped);
		line += end != NULL ? 2 : 0;
		rendered += line;
		len -= line;
	}
}

static size_t
count_backslashes(const char *text, size_t len)
{
	size_t count = 0;
	while (count < len && text[count] == '\\')
		count++;
	return count;
}

/*
 * Postfix expands "$name" and turns "$$" into "$", begins a line at each "\n", and adds what follows a "\c" at the start to the
 * line before. It has no escape for the last two: the backslashes are left out.
 */
static void
put_template(struct written *written, const char *text, size_t len, bool first)
{
	for (size_t at = 0; at < len;) {
		size_t backslashes = count_backslashes(text + at, len - at);
		char next = at + backslashes < len ? text[at + backslashes] : '\0';
		bool special = next == 'n' || (next == 'c' && first && at == 0);
		put(written, text + at, special ? 0 : backslashes);
		at += backslashes;
		put(written, "$", next == '$');
		put(written, &next, at < len);
		at++;
	}
}

static void
put_footer(struct written *written, const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		put(written, "\\n", i > 0 ? 2 : 0);
		put_template(written, lines->line[i].text, lines->line[i].len, i == 0);
	}
}

static void
put_filter(struct written *written, const struct lines *lines, const struct postfix_reply *reply)
{
	for (size_t i = 0; i < lines->count; i++) {
		put(written, "\r\n", i > 0 ? 2 : 0);
		put(written, reply->code.text, reply->code.len);
		put(written, i + 1 < lines->count ? "-" : " ", 1);
		put(written, reply->status.text, reply->status.len);
		put(written, " ", reply->status.len > 0);
		put(written, lines->line[i].text, lines->line[i].len);
	}
}

static void
put_text(struct written *written, const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++) {
		put(written, "\n", i > 0);
		put(written, lines->line[i].text, lines->line[i].len);
	}
}

size_t
answer_write(
    char answer[ANSWER_MAX], enum answer_form form, const struct ftg_voice *voice, const struct postfix_reply *reply)
{
	char rendered[FTG_REPLY_MAX], link[FTG_LINK_MAX];
	struct lines lines = { .count = 0 };
	struct written written = { answer, answer + ANSWER_MAX, false };
	struct ftg_voice own = *voice;
	const struct ftg_row *row = reply->match != POSTFIX_NO_ROW ? ftg_row(reply->reply.id) : NULL;
	if (row == NULL || row->service != FTG_SMTP)
		return 0;
	if (form != ANSWER_FILTER)
		own.link = FTG_LINK_NEVER;
	const struct ftg_code
	    *code = &row->code[own.catalog != NULL ? ftg_catalog_profile(own.catalog) : FTG_PUBLISHED];
	take_lines(&lines, rendered, ftg_render(rendered, &own, &reply->reply), code);
	size_t link_len = form != ANSWER_FILTER ? ftg_render_link(link, voice, &reply->reply) : 0;
	if (link_len > 0)
		add_line(&lines, link, link_len);
	if (form == ANSWER_FOOTER)
		put_footer(&written, &lines);
	else if (form == ANSWER_TEXT)
		put_text(&written, &lines);
	else
		put_filter(&written, &lines, reply);
	return written.full ? 0 : (size_t)(written.at - answer);
}
