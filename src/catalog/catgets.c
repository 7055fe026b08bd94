/* A catalogue of the texts that catgets() returns: sets and messages are numbered by reference. */
#include "catalog/chain.h"

#include <locale.h>
#include <nl_types.h>
#include <stdlib.h>
#include <string.h>

/* How many IDs before this one have the same reference: #1.04 has three. */
static int
earlier_with_reference(enum ftg_id id)
{
	int n = 0;
	for (unsigned other = 0; other < (unsigned)id; other++)
		n += strcmp(ftg_row((enum ftg_id)other)->ref, ftg_row(id)->ref) == 0;
	return n;
}

int
ftg_catgets_number(enum ftg_id id, int *set)
{
	const char *ref = ftg_row(id)->ref;
	*set = ref[1] - '0';
	if (id == ERR_SMTP_334)
		return 0;
	return (ref[3] - '0') * 10 + (ref[4] - '0') + 1 + 100 * earlier_with_reference(id);
}

/* Adds a text as each plural form, since catgets has no plurals. */
static void
add_text(struct loader *loader, struct source *source, enum ftg_id id, const char *text)
{
	char forms[2 * (TEXT_MAX + 2)];
	size_t len = strnlen(text, TEXT_MAX + 1);
	memcpy(forms, text, len);
	if (ftg_row(id)->text[1] == NULL) {
		source_add(loader, source, id, forms, len);
		return;
	}
	forms[len] = '\0';
	memcpy(forms + len + 1, text, len);
	source_add(loader, source, id, forms, 2 * len + 1);
}

static void
fill(struct loader *loader, struct source *source, void *what)
{
	static const char none[] = "";
	nl_catd *catd = what;
	for (unsigned id = 0; id < FTG_IDS; id++) {
		int set, number = ftg_catgets_number((enum ftg_id)id, &set);
		const char *text = number > 0 ? catgets(*catd, set, number, none) : none;
		if (text != none && text[0] != '\0')
			add_text(loader, source, (enum ftg_id)id, text);
	}
}

ftg_catalog *
ftg_catalog_from_catgets(const char *name, enum ftg_profile profile, ftg_report *report, void *context)
{
	struct tag tag;
	char tag_name[TAG_TEXT];
	const char *locale = setlocale(LC_MESSAGES, NULL);
	bool set = locale != NULL && tag_parse(&tag, locale, strlen(locale));
	const char *lang = getenv("LANG");
	if (!set && (lang == NULL || !tag_parse(&tag, lang, strlen(lang))))
		(void)tag_parse(&tag, "en", 2);
	nl_catd catd = catopen(name, set ? NL_CAT_LOCALE : 0);
	if (catd == (nl_catd)-1)
		return NULL;
	tag_format(&tag, tag_name);
	struct loader loader = { .report = report, .context = context, .file = "catgets", .language = tag_name };
	ftg_catalog *catalog = catalog_of_one(fill, &catd, &tag, profile, &loader);
	catclose(catd);
	return catalog;
}
