/* What the formats for programs say of a reply. */
#include "cmd/msg/export/reply.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/msg/language_table.h"
#include "cmd/msg/texts.h"

static bool
add(struct export_languages *languages, ftg_lang language)
{
	for (size_t i = 0; i < languages->count; i++)
		if (languages->at[i] == language)
			return true;
	ftg_lang *at = reallocarray(languages->at, languages->count + 1, sizeof *at);
	if (at == NULL) {
		complain_errno(_("memory"));
		return false;
	}
	languages->at = at;
	at[languages->count++] = language;
	return true;
}

/* Whether the catalogue has a language of its own of this name; of "C" and of English without a file it has not. */
static bool
add_word(struct export_languages *languages, const ftg_catalog *catalog, const char *word)
{
	ftg_lang language = ftg_catalog_find(catalog, word);
	if (language == FTG_ENGLISH)
		return true;
	if (language < 0 || language >= ftg_catalog_languages(catalog)) {
		complain_of_word(language_nearest(word), _("there is no catalogue for '%s'"), word);
		return false;
	}
	return add(languages, language);
}

static bool
add_list(struct export_languages *languages, const ftg_catalog *catalog, const char *list)
{
	char *copy = strdup(list), *rest = copy, *word;
	bool fine = copy != NULL;
	if (copy == NULL)
		complain_errno(_("memory"));
	while (fine && (word = strsep(&rest, ":")) != NULL)
		fine = *word == '\0' || add_word(languages, catalog, word);
	free(copy);
	return fine;
}

static int
compare(const void *a, const void *b, void *catalog)
{
	return strcmp(ftg_catalog_tag(catalog, *(const ftg_lang *)a), ftg_catalog_tag(catalog, *(const ftg_lang *)b));
}

bool
export_languages_find(struct export_languages *languages, const struct export *export)
{
	ftg_catalog *catalog = export->voice.catalog;
	bool fine = true;
	*languages = (struct export_languages) { 0 };
	if (export->languages != NULL)
		fine = add_list(languages, catalog, export->languages);
	for (ftg_lang i = FTG_ENGLISH + 1; export->languages == NULL && fine && i < ftg_catalog_languages(catalog); i++)
		fine = add(languages, i);
	if (languages->count > 1)
		qsort_r(languages->at, languages->count, sizeof *languages->at, compare, catalog);
	return fine;
}

struct ftg_voice
export_speak(const struct export *export, ftg_lang language, enum ftg_encoding encoding)
{
	struct ftg_voice voice = export->voice.speak;
	voice.language = language;
	voice.encoding = encoding;
	return voice;
}

/* RFC 2449 8.1, RFC 3206 4. */
static const char *
pop3_outcome(const char *response)
{
	static const char *const temporary[] = { "[SYS/TEMP]", "[IN-USE]", "[LOGIN-DELAY]" };
	for (size_t i = 0; i < sizeof temporary / sizeof *temporary; i++)
		if (strcmp(response, temporary[i]) == 0)
			return "temporary";
	return strcmp(response, "[SYS/PERM]") == 0 ? "permanent" : "failure";
}

const char *
export_outcome(const struct ftg_code *code)
{
	switch (*code->reply) {
	case '+':
	case '2': return "success";
	case '3': return "intermediate";
	case '4': return "temporary";
	case '5': return "permanent";
	case '-': return pop3_outcome(code->status);
	default: return NULL;
	}
}

const char *
export_enhanced(const struct ftg_code *code)
{
	return *code->status != '\0' && *code->status != '[' ? code->status : NULL;
}

const char *
export_response(const struct ftg_code *code)
{
	return *code->status == '[' ? code->status : NULL;
}

const char *
export_origin(const struct ftg_voice *voice, enum ftg_id id)
{
	static const char *const names[] = {
		[FTG_FROM_TABLE] = "table",
		[FTG_FROM_TRANSLATION] = "translation",
		[FTG_FROM_OVERLAY] = "own",
	};
	return names[ftg_voice_origin(voice, id)];
}

bool
export_has_words(const struct ftg_voice *voice, enum ftg_id id)
{
	char text[TEXTS_MAX];
	return row_has_text(id) && texts_source(text, voice, id, 0) > 0;
}

static bool
same_forms(const struct ftg_voice *a, const struct ftg_voice *b, enum ftg_id id)
{
	char text[2][TEXTS_MAX];
	unsigned forms = texts_forms(a, id);
	bool same = forms == texts_forms(b, id);
	for (unsigned form = 0; same && form < forms; form++) {
		size_t n = texts_source(text[0], a, id, form);
		same = n == texts_source(text[1], b, id, form) && memcmp(text[0], text[1], n) == 0;
	}
	return same;
}

bool
export_ascii_differs(const struct export *export, ftg_lang language, enum ftg_id id)
{
	struct ftg_voice utf8 = export_speak(export, language, FTG_UTF8);
	struct ftg_voice ascii = export_speak(export, language, FTG_ASCII);
	if (ftg_row(id)->service == FTG_DSN)
		return false;
	return strcmp(ftg_voice_spoken(&utf8, id), ftg_voice_spoken(&ascii, id)) != 0 ||
	    ftg_voice_origin(&utf8, id) != ftg_voice_origin(&ascii, id) || !same_forms(&utf8, &ascii, id);
}

const char *const export_explained_names[EXPORT_EXPLAINED] = { "when", "whom", "cause", "sender", "operator", "other" };

void
export_explained(const char *texts[EXPORT_EXPLAINED], enum ftg_id id)
{
	const struct explanation *known = explain_reply(id);
	texts[0] = known->when;
	texts[1] = known->whom;
	texts[2] = known->cause;
	texts[3] = known->sender;
	texts[4] = known->operator;
	texts[5] = known->other;
}
