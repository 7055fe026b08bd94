/* The texts of all languages, for the search and for "In every language": JSON in a call, since a page that was opened
 * from a disk may not read a file, but may run a script. */
#include "cmd/msg/texts.h"

#include <string.h>

#include "files.h"

static void
put_form(FILE *to, const struct ftg_voice *voice, enum ftg_id id, unsigned form)
{
	char source[TEXTS_MAX];
	printable_json(to, source, texts_source(source, voice, id, form));
}

/* The forms of a text: the last, which stands for any number, is the first of the array. */
static void
put_forms(FILE *to, const struct ftg_voice *voice, enum ftg_id id)
{
	unsigned forms = row_has_text(id) ? texts_forms(voice, id) : 0;
	putc('[', to);
	for (unsigned form = forms; form > 0; form--) {
		fputs(form < forms ? "," : "", to);
		put_form(to, voice, id, form - 1);
	}
	putc(']', to);
}

/* The published English, which a server sends in the C locale. */
static void
put_published(FILE *to)
{
	fputs("\"published\":[\n", to);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		const char *const *text = ftg_row(id)->text;
		putc('[', to);
		for (size_t form = 0; form < 2 && text[form] != NULL && row_has_text(id); form++) {
			fputs(form > 0 ? "," : "", to);
			printable_json(to, text[form], strlen(text[form]));
		}
		fputs(id + 1 < FTG_IDS ? "],\n" : "]],\n", to);
	}
}

static void
put_language(FILE *to, const struct site *site, const struct site_language *language)
{
	fputs("{\"tag\":", to);
	printable_json(to, language->tag, strlen(language->tag));
	fputs(",\"name\":", to);
	printable_json(to, language->name, strlen(language->name));
	fprintf(to, ",\"dir\":\"%s\",\"texts\":[\n", language->rtl ? "rtl" : "ltr");
	struct ftg_voice voice = site_voice(site, language, FTG_UTF8);
	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		put_forms(to, &voice, id);
		fputs(id + 1 < FTG_IDS ? ",\n" : "]}", to);
	}
}

void
file_texts(FILE *to, const struct site *site)
{
	fputs("ftgateTexts({\"version\":1,\"ids\":[", to);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		fprintf(to, "%s\"%s\"", id > 0 ? "," : "", ftg_row(id)->id);
	fputs("],\n", to);
	put_published(to);
	fputs("\"languages\":[\n", to);
	for (size_t i = 0; i < site->count; i++) {
		fputs(i > 0 ? ",\n" : "", to);
		put_language(to, site, &site->language[i]);
	}
	fputs("\n]});\n", to);
}
