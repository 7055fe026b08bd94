/* Decides what a pasted text or a saved message is about. */
#include "paste.h"

#include <stdlib.h>
#include <string.h>

#include "foreign.h"
#include "message/bounce.h"

/* Parts in which words are looked for: each is compared with every text of every language. */
enum { WORDS_PARTS_MAX = 16 };

struct part {
	enum bounce_kind kind;
	char *text;
	size_t len;
};

struct paste {
	struct part parts[BOUNCE_PARTS_MAX];
	size_t count;
	bool out_of_memory;
};

static void
keep(void *context, enum bounce_kind kind, const char *text, size_t len)
{
	struct paste *paste = context;
	char *copy;

	if (paste->count == BOUNCE_PARTS_MAX)
		return;
	copy = malloc(len + 1);
	if (!copy) {
		paste->out_of_memory = true;
		return;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	paste->parts[paste->count++] = (struct part) { kind, copy, len };
}

static void
find_references(struct hits *hits, const struct paste *paste, enum bounce_kind kind)
{
	for (size_t i = 0; i < paste->count; i++)
		if (paste->parts[i].kind == kind)
			find_in_text(hits, paste->parts[i].text, paste->parts[i].len);
}

static bool
holds_reply(const struct hits *hits, bool notices)
{
	for (size_t i = 0; i < hits->count; i++)
		if (hits->at[i].kind == HIT_REPLY && (notices || ftg_row(hits->at[i].id)->service != FTG_DSN))
			return true;
	return false;
}

static void
find_words_of_parts(struct hits *hits, const struct paste *paste, const ftg_catalog *catalog)
{
	struct foreign report = { 0 };

	for (size_t i = 0; i < paste->count; i++)
		if (paste->parts[i].kind == BOUNCE_REPORT)
			foreign_scan(&report, paste->parts[i].text, paste->parts[i].len);
	for (size_t i = 0; catalog && i < paste->count && i < WORDS_PARTS_MAX; i++)
		find_by_words(hits, catalog, &report, paste->parts[i].text, paste->parts[i].len);
}

static const char *
find_server(const struct paste *paste)
{
	const char *server = NULL;

	for (size_t i = 0; i < paste->count && !server; i++)
		server = foreign_server(paste->parts[i].text, paste->parts[i].len);
	return server;
}

/* The report says which codes there are; if it has none, or only that it failed, what people read does. */
static void
find_codes(struct hits *hits, const struct paste *paste)
{
	struct foreign found = { 0 };

	for (int kind = BOUNCE_REPORT; kind <= BOUNCE_TEXT; kind++)
		for (size_t i = 0; i < paste->count; i++)
			if ((int)paste->parts[i].kind == kind &&
			    (kind == BOUNCE_REPORT || !foreign_is_specific(&found)))
				foreign_scan(&found, paste->parts[i].text, paste->parts[i].len);
	foreign_finish(&found, found.count > 0 ? find_server(paste) : NULL, hits);
}

static void
append(struct hits *hits, const struct hits *more)
{
	for (size_t i = 0; i < more->count; i++)
		hits_add(hits, &more->at[i]);
}

/* A notice of ours may report the reply of another server: then its codes are the cause, and come first. */
static void
find_replies(struct hits *hits, const struct paste *paste, paste_catalog *catalog, void *context)
{
	struct hits ours = { 0 };

	find_references(&ours, paste, BOUNCE_REPORT);
	if (!holds_reply(&ours, false))
		find_references(&ours, paste, BOUNCE_TEXT);
	if (holds_reply(&ours, true)) {
		if (!holds_reply(&ours, false))
			find_codes(hits, paste);
		append(hits, &ours);
		return;
	}
	find_words_of_parts(hits, paste, catalog(context));
	if (hits->count == 0)
		find_codes(hits, paste);
	if (hits->count == 0)
		append(hits, &ours);
	for (size_t i = 0; hits->count == 0 && i < paste->count; i++)
		find_log_words(hits, paste->parts[i].text, paste->parts[i].len, false);
}

void
paste_read(struct hits *hits, const char *octets, size_t n, paste_catalog *catalog, void *context)
{
	struct paste *paste = calloc(1, sizeof *paste);

	if (paste) {
		bounce_read(octets, n, keep, paste);
		find_replies(hits, paste, catalog, context);
	}
	if (!paste || paste->out_of_memory)
		complain("%s", _("memory"));
	for (size_t i = 0; paste && i < paste->count; i++)
		free(paste->parts[i].text);
	free(paste);
}
