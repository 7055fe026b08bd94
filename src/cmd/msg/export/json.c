/* The replies in all languages, for programs: JSON. docs/formats.md describes it, docs/ftgate-replies-1.schema.json checks it. */
#include "cmd/output/json.h"

#include <stdlib.h>
#include <string.h>

#include "catalog/tag.h"
#include "cmd/msg/export/reply.h"
#include "cmd/msg/texts.h"
#include "explain/translated.h"

enum { SCHEMA = 1, BREAKS = 4 };

/* What is written, and the explanations of each of its languages; NULL: it has none. */
struct writer {
	struct json json;
	const struct export *export;
	struct export_languages languages;
	struct explain_texts **texts;
};

static void
put_kinds(struct json *json)
{
	json_open(json, "kinds", '{');
	for (enum ftg_arg_kind kind = FTG_ARG_NONE + 1; kind < FTG_ARG_KINDS; kind++) {
		json_open(json, kind_name(kind), '{');
		json_text(json, "meaning", kind_meaning(kind));
		json_number(json, "max", ftg_arg_max(kind));
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void
put_languages(struct writer *writer)
{
	struct json *json = &writer->json;
	const ftg_catalog *catalog = writer->export->voice.catalog;
	json_open(json, "languages", '{');
	for (size_t i = 0; i < writer->languages.count; i++) {
		ftg_lang language = writer->languages.at[i];
		const char *tag = ftg_catalog_tag(catalog, language);
		json_open(json, tag, '{');
		json_text(json, "direction", ftg_language_is_rtl(tag) ? "rtl" : "ltr");
		json_text(json, "utf8", ftg_catalog_spoken(catalog, language, FTG_UTF8));
		json_text(json, "ascii", ftg_catalog_spoken(catalog, language, FTG_ASCII));
		json_flag(json, "explained", writer->texts[i] != NULL);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void
put_code(struct json *json, const char *name, const struct ftg_code *code)
{
	const char *outcome = export_outcome(code);
	if (outcome == NULL) {
		json_text(json, name, NULL);
		return;
	}
	json_open(json, name, '{');
	json_text(json, "reply", code->reply);
	json_text(json, "enhanced", export_enhanced(code));
	json_text(json, "response", export_response(code));
	json_text(json, "outcome", outcome);
	json_close(json, '}');
}

/* A tag precedes the text, a timestamp follows the reference; all others are where the text has a directive. */
static const char *
place_name(enum ftg_arg_kind kind)
{
	if (kind == FTG_ARG_TAG)
		return "before";
	return kind == FTG_ARG_TIMESTAMP ? "after" : "text";
}

static void
put_args(struct json *json, const struct ftg_row *row)
{
	json_open(json, "args", '[');
	for (size_t i = 0; i < row_arity(row); i++) {
		json_open(json, NULL, '{');
		json_text(json, "kind", kind_name(row->args[i]));
		json_text(json, "place", place_name(row->args[i]));
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void
put_english(struct json *json, const struct ftg_row *row)
{
	json_open(json, "english", '[');
	for (size_t i = 0; i < 2; i++)
		if (row->text[i] != NULL && *row->text[i] != '\0')
			json_text(json, NULL, row->text[i]);
	json_close(json, ']');
}

static void
put_wire(struct json *json, const char *name, const struct ftg_voice *voice, enum ftg_id id)
{
	char text[TEXTS_MAX];
	unsigned forms = texts_forms(voice, id);
	unsigned long count;
	json_open(json, name, '{');
	json_text(json, "language", ftg_voice_spoken(voice, id));
	json_text(json, "origin", export_origin(voice, id));
	json_open(json, "forms", '[');
	for (unsigned form = 0; form < forms; form++)
		json_text_of(json, NULL, text, texts_source(text, voice, id, form));
	json_close(json, ']');
	json_open(json, "counts", '[');
	for (unsigned form = 0; forms > 1 && form < forms; form++) {
		if (texts_count(&count, voice, id, form))
			json_number(json, NULL, count);
		else
			json_text(json, NULL, NULL);
	}
	json_close(json, ']');
	json_close(json, '}');
}

static void
put_texts(struct writer *writer, enum ftg_id id)
{
	struct json *json = &writer->json;
	json_open(json, "texts", '{');
	for (size_t i = 0; i < writer->languages.count; i++) {
		ftg_lang language = writer->languages.at[i];
		struct ftg_voice utf8 = export_speak(writer->export, language, FTG_UTF8);
		struct ftg_voice ascii = export_speak(writer->export, language, FTG_ASCII);
		if (!export_has_words(&utf8, id))
			continue;
		json_open(json, ftg_catalog_tag(utf8.catalog, language), '{');
		put_wire(json, "utf8", &utf8, id);
		if (export_ascii_differs(writer->export, language, id))
			put_wire(json, "ascii", &ascii, id);
		json_close(json, '}');
	}
	json_close(json, '}');
}

/* A member that the language does not have is left out: the English one holds. */
static void
put_explanation(struct json *json, const char *tag, const struct explain_texts *texts, enum ftg_id id)
{
	const char *english[EXPORT_EXPLAINED];
	export_explained(english, id);
	json_open(json, tag, '{');
	for (size_t i = 0; i < EXPORT_EXPLAINED; i++) {
		const char *text = explain_text(texts, english[i]);
		if (text != NULL)
			json_text(json, export_explained_names[i], text);
	}
	json_close(json, '}');
}

static void
put_explanations(struct writer *writer, const struct explain_texts *english, enum ftg_id id)
{
	struct json *json = &writer->json;
	json_open(json, "explanations", '{');
	put_explanation(json, "en", english, id);
	for (size_t i = 0; i < writer->languages.count; i++) {
		const char *tag = ftg_catalog_tag(writer->export->voice.catalog, writer->languages.at[i]);
		if (writer->texts[i] != NULL && strcmp(tag, "en") != 0)
			put_explanation(json, tag, writer->texts[i], id);
	}
	json_close(json, '}');
}

static void
put_reply(struct writer *writer, const struct explain_texts *english, enum ftg_id id)
{
	struct json *json = &writer->json;
	const struct ftg_row *row = ftg_row(id);
	json_open(json, NULL, '{');
	json_text(json, "id", row->id);
	json_text(json, "ref", row->ref + 1);
	json_text(json, "service", service_name(row->service));
	put_code(json, "published", &row->code[FTG_PUBLISHED]);
	put_code(json, "strict", &row->code[FTG_STRICT]);
	json_text(json, "reason", explain_reason(id));
	put_args(json, row);
	put_english(json, row);
	put_texts(writer, id);
	put_explanations(writer, english, id);
	json_close(json, '}');
}

static void
put_all(struct writer *writer, const struct explain_texts *english)
{
	struct json *json = &writer->json;
	json_open(json, NULL, '{');
	json_text(json, "format", "ftgate-replies");
	json_number(json, "schema", SCHEMA);
	json_text(json, "version", FTG_VERSION);
	json_text(json, "audience", writer->export->voice.audience == FTG_USERS ? "users" : "everyone");
	json_text(json, "domain", *writer->export->voice.domain != '\0' ? writer->export->voice.domain : NULL);
	put_kinds(json);
	put_languages(writer);
	json_open(json, "replies", '[');
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		put_reply(writer, english, id);
	json_close(json, ']');
	json_close(json, '}');
}

bool
export_json(const struct export *export)
{
	struct writer writer = { .json = { .to = stdout, .breaks = BREAKS }, .export = export };
	struct explain_texts *english = explain_texts_open(NULL, "en");
	bool fine = export_languages_find(&writer.languages, export);
	writer.texts = calloc(writer.languages.count + 1, sizeof(struct explain_texts *));
	if (fine && (english == NULL || writer.texts == NULL)) {
		complain_errno(_("memory"));
		fine = false;
	}
	for (size_t i = 0; fine && i < writer.languages.count; i++)
		writer.texts[i] = explain_texts_open(
		    export->voice.locale, ftg_catalog_tag(export->voice.catalog, writer.languages.at[i]));
	if (fine)
		put_all(&writer, english);
	for (size_t i = 0; fine && i < writer.languages.count; i++)
		explain_texts_free(writer.texts[i]);
	free(writer.texts);
	free(writer.languages.at);
	explain_texts_free(english);
	return fine;
}
