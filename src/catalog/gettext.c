/* A catalogue of the texts that gettext() returns in the caller's locale. */
#include "catalog/chain.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

enum { KEY_MAX = 64 + TEXT_MAX, SEARCH_MAX = 1000 };

/* The text of a form, which is looked up by a number with this form. NULL if the catalogue has none. */
static const char *
form_text(const char *domain, const char *key, enum ftg_id id, const struct plural *plural, unsigned form)
{
	const char *english = ftg_row(id)->text[1];
	for (unsigned long n = 0; n <= SEARCH_MAX; n++) {
		if (plural_form(plural, n) != form)
			continue;
		const char *text = dngettext(domain, key, english, n);
		return text == key || text == english ? NULL : text;
	}
	return NULL;
}

static void
add_plural(struct loader *loader, struct source *source, enum ftg_id id, const char *domain, const char *key)
{
	char forms[PLURAL_FORMS_MAX * (TEXT_MAX + 2)];
	size_t used = 0;
	for (unsigned form = 0; form < source->plural->forms; form++) {
		const char *text = form_text(domain, key, id, source->plural, form);
		if (text == NULL)
			return;
		size_t len = strnlen(text, TEXT_MAX + 1);
		memcpy(forms + used, text, len);
		used += len;
		forms[used++] = '\0';
	}
	source_add(loader, source, id, forms, used - 1);
}

static void
fill(struct loader *loader, struct source *source, void *what)
{
	const char *domain = what;
	const char *header = dgettext(domain, "");
	if (!source_plural(loader, source, header, strlen(header)))
		return;
	for (unsigned id = 0; id < FTG_IDS; id++) {
		char key[KEY_MAX];
		const struct ftg_row *row = ftg_row((enum ftg_id)id);
		snprintf(key, sizeof(key), "%s\004%s", row->id, row->text[0]);
		if (row->text[1] != NULL) {
			add_plural(loader, source, (enum ftg_id)id, domain, key);
			continue;
		}
		const char *text = dgettext(domain, key);
		if (text != key)
			source_add(loader, source, (enum ftg_id)id, text, strlen(text));
	}
}

/* The language in the header of the catalogue, else that of the locale. */
static void
callers_tag(struct tag *tag, const char *domain)
{
	const char *field = strstr(dgettext(domain, ""), "\nLanguage: ");
	const char *locale = setlocale(LC_MESSAGES, NULL);
	if (field != NULL) {
		field += strlen("\nLanguage: ");
		if (tag_parse(tag, field, strcspn(field, "\n")))
			return;
	}
	if (locale == NULL || !tag_parse(tag, locale, strlen(locale)))
		(void)tag_parse(tag, "en", 2);
}

ftg_catalog *
ftg_catalog_from_gettext(const char *domain, enum ftg_profile profile, ftg_report *report, void *context)
{
	struct tag tag;
	char name[TAG_TEXT];
	callers_tag(&tag, domain);
	tag_format(&tag, name);
	struct loader loader = { .report = report, .context = context, .file = "gettext", .language = name };
	return catalog_of_one(fill, (void *)(uintptr_t)domain, &tag, profile, &loader);
}
