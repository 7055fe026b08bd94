/* The built-in English: compiled from the table before main(), in static memory, for each profile. */
#include "catalog/generation.h"

#include <assert.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>

enum { ENGLISH_SIZE = 64 * 1024 };

static struct {
	alignas(max_align_t) char memory[ENGLISH_SIZE + ARENA_SLACK];
	struct language language;
	struct entry entry[FTG_IDS];
	struct language *languages[1];
	struct ftg_catalog catalog;
} english[FTG_PROFILES];

static void
add_row(struct ftg_catalog *catalog, struct entry *entry, enum ftg_id id)
{
	static struct text form[2];
	struct violation violation;
	const struct ftg_row *row = ftg_row(id);
	unsigned forms = row->text[1] != NULL ? 2 : 1;
	memset(form, 0, sizeof(form));
	for (unsigned i = 0; i < forms && id != ERR_SMTP_334; i++) {
		bool fit = text_parse(&form[i], id, row->text[i], strlen(row->text[i]), &violation);
		assert(fit && "the English text keeps the rules");
		(void)fit;
	}
	*entry = (struct entry) {
		.form = template_make(&catalog->arena, id, catalog->profile, form, forms, false),
		.plural = forms > 1 ? plural_default() : NULL,
		.spoken = "en",
		.origin = FTG_FROM_TABLE,
	};
	assert(entry->form != NULL && "ENGLISH_SIZE holds the table");
}

/* Runs before the constructors of the program, which can render replies. */
__attribute__((constructor(101))) static void
compile_english(void)
{
	for (unsigned profile = 0; profile < FTG_PROFILES; profile++) {
		struct ftg_catalog *catalog = &english[profile].catalog;
		struct language *language = &english[profile].language;
		catalog->arena = (struct arena) {
			.next = english[profile].memory, .left = ENGLISH_SIZE, .fixed = true
		};
		catalog->profile = (enum ftg_profile)profile;
		catalog->languages = catalog->all = 1;
		catalog->language = english[profile].languages;
		catalog->language[FTG_ENGLISH] = language;
		(void)tag_parse(&language->tag, "en", 2);
		tag_format(&language->tag, language->name);
		language->spoken[FTG_ASCII] = language->spoken[FTG_UTF8] = "en";
		for (unsigned id = 0; id < FTG_IDS; id++) {
			struct entry *entry = &english[profile].entry[id];
			add_row(catalog, entry, (enum ftg_id)id);
			language->entry[FTG_ASCII][id] = language->entry[FTG_UTF8][id] = entry;
		}
	}
}

const ftg_catalog *
ftg_catalog_english(enum ftg_profile profile)
{
	return &english[profile == FTG_STRICT ? FTG_STRICT : FTG_PUBLISHED].catalog;
}
