/* The catalogue of systemd's journal: an entry for each reply and each event, by its MESSAGE_ID. */
#include <stdlib.h>
#include <string.h>

#include "base/log/journal.h"
#include "base/text/wrap.h"
#include "cmd/msg/export/format.h"
#include "cmd/msg/texts.h"
#include "explain/translated.h"

enum { WIDTH = 72 };

static const char *
say(const struct explain_texts *texts, const char *english)
{
	const char *text = explain_text(texts, english);
	return text != NULL ? text : english;
}

/*
 * A variable of a catalogue is @NAME@. None of our texts has one, but a translation might: there the first "@" is U+FE6B, its
 * small form.
 */
static void
put(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t name = strspn(text + i + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
		if (text[i] == '@' && name > 0 && i + 1 + name < len && text[i + 1 + name] == '@')
			fputs("\xEF\xB9\xAB", stdout);
		else
			putchar(text[i]);
	}
}

/* How many octets at the start of a text are a directive ("%s", "%2$s", "%lu") or a variable ("${host}"); 0: none. */
static size_t
directive_length(const char *text)
{
	if (strncmp(text, "${", 2) == 0)
		return strcspn(text, "}") + (strchr(text, '}') != NULL);
	if (text[0] != '%' || text[1] == '%')
		return 0;
	size_t digits = 1 + strspn(text + 1, "0123456789$");
	return digits + strspn(text + digits, "l") + 1;
}

/* The text of a reply in one line, with an ellipsis in place of what it is about. */
static void
put_words(const char *text)
{
	while (*text != '\0') {
		size_t skipped = directive_length(text);
		if (skipped > 0)
			fputs("\xE2\x80\xA6", stdout);
		else
			putchar(*text == '\n' ? ' ' : *text);
		text += skipped > 0 ? skipped : 1 + (strncmp(text, "%%", 2) == 0);
	}
}

static void
put_head(const char id[JOURNAL_ID_SIZE], const char *name)
{
	printf("\n-- %s\nSubject: %s", id, name);
}

/* The lines are indented: one that began with "#" would be a comment. */
static void
put_paragraph(const char *text)
{
	char *wrapped = NULL;
	size_t len = 0;
	FILE *to = open_memstream(&wrapped, &len);
	if (to == NULL)
		return;
	wrap_write_between(to, text, strlen(text), WIDTH, "    ", "");
	if (fclose(to) == 0)
		put(wrapped, len);
	free(wrapped);
}

static void
put_field(const struct explain_texts *texts, const char *label, const char *english)
{
	printf("%s:\n", say(texts, label));
	put_paragraph(say(texts, english));
}

static void
put_documentation(const char *page)
{
	printf("Defined-By: ftgate\nDocumentation: man:%s\n\n", page);
}

static void
put_reply(const struct ftg_voice *speak, const struct explain_texts *texts, enum ftg_id id)
{
	char name[JOURNAL_ID_SIZE], text[TEXTS_MAX];
	const struct ftg_row *row = ftg_row(id);
	const struct explanation *known = explain_reply(id);
	journal_reply_id(name, row->id, strlen(row->id));
	put_head(name, row->ref);
	printf(" %s", row->id);
	if (row_has_text(id)) {
		const unsigned forms = texts_forms(speak, id);
		size_t n = texts_source(text, speak, id, forms - 1);
		text[n < TEXTS_MAX ? n : TEXTS_MAX - 1] = '\0';
		fputs(": ", stdout);
		put_words(text);
	}
	putchar('\n');
	put_documentation("ftgate-replies(7)");
	fputs("client=@FTGATE_CLIENT@ session=@FTGATE_SESSION@ (journalctl FTGATE_SESSION=@FTGATE_SESSION@)\n", stdout);
	put_field(texts, N_("When it is sent"), known->when);
	put_field(texts, N_("Cause"), known->cause);
	put_field(texts, N_("What the operator can do"), known->operator);
}

static void
put_event(const char *key, const char *event, const char *meaning)
{
	char id[JOURNAL_ID_SIZE];
	if (strcmp(key, "event") != 0 || strcmp(event, "reply") == 0)
		return;
	journal_event_id(id, event);
	put_head(id, event);
	putchar('\n');
	put_documentation("ftgate-log(7)");
	put_paragraph(meaning);
}

static void
put_events(void)
{
#define LOG_WORD(key, name, meaning) put_event(key, name, meaning);
#include "cmd/msg/explain/log_words.def"
#undef LOG_WORD
}

/*
 * The texts of DSNs are left out: no event has them. The events are in the English catalogue only: journalctl finds them from
 * any language.
 */
bool
export_journal(const struct export *export)
{
	const struct voice *voice = &export->voice;
	const char *language = ftg_catalog_tag(voice->speak.catalog, voice->speak.language);
	struct explain_texts *texts = explain_texts_open(voice->locale, language);
	printf("# Replies of ftgate, language %s. Written by ftgate-msg export --format journal-catalog.\n", language);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (ftg_row(id)->service != FTG_DSN)
			put_reply(&voice->speak, texts, id);
	if (strcmp(language, "en") == 0)
		put_events();
	explain_texts_free(texts);
	return true;
}
