/* The texts of all replies in all languages as a table, replies.tsv, which a later export can be compared with. */
#include <string.h>

#include "cmd/msg/texts.h"
#include "earlier.h"
#include "files.h"
#include "state.h"

/* A field: a tab, a line feed and a backslash are written as \t, \n and \\. */
static void
put_field(FILE *to, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\t' || text[i] == '\n' || text[i] == '\\')
			fprintf(to, "\\%c", text[i] == '\t' ? 't' : text[i] == '\n' ? 'n' : '\\');
		else
			putc(text[i], to);
	}
}

static void
put_line(FILE *to, const struct site *site, const struct site_language *language, enum ftg_id id, unsigned form)
{
	char text[TEXTS_MAX];
	enum ftg_rule rule;
	const struct ftg_row *row = ftg_row(id);
	fprintf(to, "%s\t%s\t%s\t%u\t%s\t", row->ref + 1, row->id, language->tag, form,
	    state_name(state_of(site, language, id, &rule)));
	for (unsigned encoding = FTG_ENCODINGS; encoding-- > 0;) {
		struct ftg_voice voice = site_voice(site, language, (enum ftg_encoding)encoding);
		unsigned forms = texts_forms(&voice, id);
		put_field(to, text, texts_source(text, &voice, id, form < forms ? form : forms - 1));
		putc(encoding > 0 ? '\t' : '\n', to);
	}
}

void
file_table(FILE *to, const struct site *site)
{
	fputs(EARLIER_NAMES "\n", to);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		for (size_t i = 0; i < site->count && row_has_text(id); i++) {
			struct ftg_voice voice = site_voice(site, &site->language[i], FTG_UTF8);
			for (unsigned form = 0; form < texts_forms(&voice, id); form++)
				put_line(to, site, &site->language[i], id, form);
		}
}
