/* The check of what SMTP can send of the texts: ASCII. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unictype.h>
#include <unistd.h>
#include <unistr.h>

#include "catalog/fold.h"
#include "lint_entry.h"

/*
 * Whether most letters of a text are not Latin: the text is in a script that ASCII cannot spell. Capitals do not count,
 * since keywords are written in them.
 */
static bool
is_other_script(const char *text)
{
	const uint8_t *at = (const uint8_t *)text;
	size_t latin = 0, other = 0;
	ucs4_t c;

	while ((at = u8_next(&c, at))) {
		if (!uc_is_general_category(c, UC_CATEGORY_L))
			continue;
		if (!uc_is_script(c, uc_script('a')))
			other++;
		else
			latin += !uc_is_general_category(c, UC_CATEGORY_Lu);
	}
	return other > latin;
}

void
lint_lost(struct lint *lint, enum ftg_id id, const char *text)
{
	struct seen *seen = &lint->seen[lint->audience][id];
	const uint8_t *at = (const uint8_t *)text, *next;
	const char *language = lint_language(lint);
	char ascii[16];
	struct tag tag;
	ucs4_t c;

	if (!tag_parse(&tag, language, strlen(language)))
		(void)tag_parse(&tag, "en", 2);
	for (; !seen->lost && (next = u8_next(&c, at)); at = next)
		if (fold_ascii(&tag, (const char *)at, (size_t)(next - at), ascii, sizeof ascii) < 0)
			seen->lost = c;
	seen->no_ascii = true;
	seen->other_script = seen->other_script || is_other_script(text);
}

/* Whether a file LL@latin.po lies beside the file, for a language of so many octets. */
static bool
has_companion_of(const struct lint *lint, size_t len)
{
	const char *slash = strrchr(lint->path, '/');
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%.*s%.*s@latin.po", slash ? (int)(slash - lint->path + 1) : 0, lint->path,
	    (int)len, lint_language(lint));

	return n < (int)sizeof path && access(path, F_OK) == 0;
}

/* A server looks for the companion of the language with its region, and without. */
static bool
has_companion(const struct lint *lint)
{
	const char *language = lint_language(lint);

	return has_companion_of(lint, strlen(language)) || has_companion_of(lint, strcspn(language, "_@."));
}

/* Cyrillic and Greek have a spelling in Latin letters that their readers know. */
static bool
is_known_in_latin(ucs4_t character)
{
	return uc_is_script(character, uc_script(0x430)) || uc_is_script(character, uc_script(0x3B1));
}

static void
report(struct lint *lint, enum ftg_id id)
{
	const struct seen *seen = &lint->seen[lint->audience][id];
	uint8_t character[7] = "";
	int n = u8_uctomb(character, seen->lost, sizeof character - 1);
	bool visible = uc_is_print(seen->lost) && !uc_is_general_category(seen->lost, UC_CATEGORY_M);

	lint_add(lint, seen->line, LINT_WARNING, ftg_row(id)->id, REMARK_ASCII,
	    _("it has no ASCII form, so that SMTP sends the English text, because of U+%04X%s%.*s"),
	    (unsigned)seen->lost, visible ? " " : "", visible && n > 0 ? n : 0, (const char *)character);
}

/* A language in another script has no ASCII form at all, which is not a fault of single texts. */
void
lint_ascii(struct lint *lint)
{
	unsigned other = 0, known = 0;

	for (enum ftg_id id = 0; id < FTG_IDS; id++) {
		bool is = lint->seen[lint->audience][id].no_ascii && lint->seen[lint->audience][id].other_script;

		other += is;
		known += is && is_known_in_latin(lint->seen[lint->audience][id].lost);
	}
	bool script = other > lint->tally->translated / 2;

	if (script && !has_companion(lint))
		lint_add(lint, 1, LINT_NOTE, "-", known > other / 2 ? REMARK_SCRIPT : REMARK_ENGLISH,
		    translate_count("%u text has no ASCII form: SMTP sends polite English instead",
		        "%u texts have no ASCII form: SMTP sends polite English instead", other),
		    other);
	for (enum ftg_id id = 0; id < FTG_IDS; id++)
		if (lint->seen[lint->audience][id].no_ascii && !(script && lint->seen[lint->audience][id].other_script))
			report(lint, id);
}
