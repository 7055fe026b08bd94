/* The replies in all languages, for programs: CSV, a row for each text. docs/formats.md describes it. */
#include <stdlib.h>
#include <string.h>

#include "base/text/text_buffer.h"
#include "cmd/msg/export/reply.h"
#include "cmd/msg/texts.h"
#include "explain/translated.h"

/* Never changed; new ones are added at the end. */
static const struct column columns[] = {
	{ .name = "ref" },
	{ .name = "id" },
	{ .name = "service" },
	{ .name = "published_reply" },
	{ .name = "published_enhanced" },
	{ .name = "published_response" },
	{ .name = "published_outcome" },
	{ .name = "strict_reply" },
	{ .name = "strict_enhanced" },
	{ .name = "strict_response" },
	{ .name = "strict_outcome" },
	{ .name = "reason" },
	{ .name = "args" },
	{ .name = "language" },
	{ .name = "wire" },
	{ .name = "spoken" },
	{ .name = "origin" },
	{ .name = "form", .type = CELL_NUMBER },
	{ .name = "text" },
	{ .name = "when" },
	{ .name = "whom" },
	{ .name = "cause" },
	{ .name = "sender" },
	{ .name = "operator" },
	{ .name = "other" },
};

/* A text: a form of a reply in a language and an encoding. */
struct text {
	enum ftg_id id;
	const char *language; /* "": the English of the table */
	const char *wire, *spoken, *origin;
	unsigned form;
	const char *octets;
	size_t len;
	const struct explain_texts *explained; /* NULL: the row has no explanation */
};

static void
put_code(struct table *table, const struct ftg_code *code)
{
	table_text(table, code->reply);
	table_text(table, export_enhanced(code));
	table_text(table, export_response(code));
	table_text(table, export_outcome(code));
}

static void
put_args(struct table *table, const struct ftg_row *row)
{
	char args[FTG_ARGS_MAX * 16] = "";
	struct text_buffer buffer = { args, sizeof args, 0 };
	for (size_t i = 0; i < row_arity(row); i++)
		text_buffer_put(&buffer, "%s%s", i > 0 ? " " : "", kind_name(row->args[i]));
	table_text(table, args);
}

static void
put_text(struct table *table, const struct text *text)
{
	const struct ftg_row *row = ftg_row(text->id);
	const char *english[EXPORT_EXPLAINED];
	table_text(table, row->ref + 1);
	table_text(table, row->id);
	table_text(table, service_name(row->service));
	put_code(table, &row->code[FTG_PUBLISHED]);
	put_code(table, &row->code[FTG_STRICT]);
	table_text(table, explain_reason(text->id));
	put_args(table, row);
	table_text(table, text->language);
	table_text(table, text->wire);
	table_text(table, text->spoken);
	table_text(table, text->origin);
	table_number(table, text->form);
	table_text_of(table, text->octets, text->len);
	export_explained(english, text->id);
	for (size_t i = 0; i < EXPORT_EXPLAINED; i++)
		table_text(table, explain_text(text->explained, english[i]));
}

/* The rows of the published English; those of an empty text, too, so that each reply has a row. */
static void
put_english(struct table *table, const struct explain_texts *explained)
{
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const struct ftg_row *row = ftg_row(id);
		for (unsigned form = 0; form < 2 && row->text[form] != NULL; form++)
			put_text(table,
			    &(struct text) { .id = id,
			        .language = "",
			        .wire = "utf8",
			        .spoken = "en",
			        .origin = "table",
			        .form = form,
			        .octets = row->text[form],
			        .len = strlen(row->text[form]),
			        .explained = form == 0 ? explained : NULL });
	}
}

static void
put_wire(struct table *table, const struct ftg_voice *voice, enum ftg_id id, const struct explain_texts *explained)
{
	char octets[TEXTS_MAX];
	for (unsigned form = 0; form < texts_forms(voice, id); form++)
		put_text(table,
		    &(struct text) { .id = id,
		        .language = ftg_catalog_tag(voice->catalog, voice->language),
		        .wire = voice->encoding == FTG_ASCII ? "ascii" : "utf8",
		        .spoken = ftg_voice_spoken(voice, id),
		        .origin = export_origin(voice, id),
		        .form = form,
		        .octets = octets,
		        .len = texts_source(octets, voice, id, form),
		        .explained = form == 0 && voice->encoding == FTG_UTF8 ? explained : NULL });
}

static void
put_language(struct table *table, const struct export *export, ftg_lang language)
{
	const char *tag = ftg_catalog_tag(export->voice.catalog, language);
	struct explain_texts *explained = explain_texts_open(export->voice.locale, tag);
	struct ftg_voice utf8 = export_speak(export, language, FTG_UTF8);
	struct ftg_voice ascii = export_speak(export, language, FTG_ASCII);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		if (!export_has_words(&utf8, id))
			continue;
		put_wire(table, &utf8, id, explained);
		if (export_ascii_differs(export, language, id))
			put_wire(table, &ascii, id, NULL);
	}
	explain_texts_free(explained);
}

bool
export_csv(const struct export *export)
{
	struct export_languages languages;
	struct explain_texts *english = explain_texts_open(NULL, "en");
	bool fine = export_languages_find(&languages, export);
	struct table *table = !fine || english == NULL ? NULL
	                                               : table_open(&(struct table_options) { .columns = columns,
	                                                     .count = sizeof columns / sizeof *columns,
	                                                     .format = OUTPUT_CSV,
	                                                     .ends_with_crlf = true });
	if (table != NULL)
		put_english(table, english);
	for (size_t i = 0; table != NULL && i < languages.count; i++)
		put_language(table, export, languages.at[i]);
	if (fine && !table_close(table)) {
		complain_errno(_("memory"));
		fine = false;
	}
	explain_texts_free(english);
	free(languages.at);
	return fine;
}
