/* Is there a catalogue for a language that a setting names? */
#include "cmd/ctl/language.h"

#include <ftgate/catalog.h>
#include <limits.h>
#include <stddef.h>

#include "base/system/data.h"
#include "base/system/program.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/msg/language_table.h"

bool
ctl_language_is_known(const char *data, const char *tag)
{
	char locale[PATH_MAX], overlay[PATH_MAX];
	program_locale_folder(locale);
	const struct ftg_sources sources = {
		.locale = locale,
		.overlay = data_path(overlay, data, "locale") == 0 ? overlay : NULL,
	};
	ftg_catalog *catalog = ftg_catalog_open(&sources, NULL, NULL);
	bool known = catalog == NULL || ftg_catalog_find(catalog, tag) >= 0;
	ftg_catalog_free(catalog);
	return known;
}

int
ctl_refuse_language(const char *language)
{
	return ctl_refuse(language_nearest(language),
	    _("there is no catalogue for '%.80s'; 'ftgate-msg stats' lists the languages"), language);
}
