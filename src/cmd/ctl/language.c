/* Is there a catalogue for a language that a setting names? */
#include "cmd/ctl/language.h"

#include <ftgate/catalog.h>
#include <limits.h>
#include <stddef.h>

#include "base/data.h"
#include "base/program.h"

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
