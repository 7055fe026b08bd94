/* ftgate-msg export --format html: writes the site of the replies, a page for each language, into a folder. */
#include <stdlib.h>
#include <unistd.h>

#include "asset.h"
#include "cmd/msg/export/format.h"
#include "earlier.h"
#include "files.h"
#include "folder.h"
#include "site.h"

/* Says on a terminal which file is written; NULL: the last one is. */
static void
report(const char *name)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, name != NULL ? "\r%s\033[K" : "\r\033[K", name);
}

static bool
write_page(struct folder *folder, const struct site *site, const struct site_language *language)
{
	char name[FOLDER_NAME_MAX];
	snprintf(name, sizeof name, "%s.html", language->tag);
	report(name);
	FILE *to = folder_begin(folder, name);
	if (to == NULL)
		return false;
	file_language(to, site, language);
	return folder_end(folder);
}

static bool
write_file(struct folder *folder, const struct site *site, const char *name, void (*write)(FILE *, const struct site *))
{
	report(name);
	FILE *to = folder_begin(folder, name);
	if (to == NULL)
		return false;
	write(to, site);
	return folder_end(folder);
}

static bool
write_assets(struct folder *folder)
{
	for (size_t i = 0; i < assets_count; i++) {
		FILE *to = folder_begin(folder, assets[i].name);
		if (to == NULL)
			return false;
		fwrite(assets[i].octets, 1, assets[i].len, to);
		if (!folder_end(folder))
			return false;
	}
	return true;
}

/* Pages last: what they load is there before them. */
static bool
write_all(struct folder *folder, const struct site *site)
{
	if (!write_assets(folder) || !write_file(folder, site, "texts.js", file_texts))
		return false;
	for (size_t i = 0; i < site->count; i++)
		if (!write_page(folder, site, &site->language[i]))
			return false;
	if (site->earlier != NULL && !write_file(folder, site, "changes.html", file_changes))
		return false;
	return write_file(folder, site, "replies.tsv", file_table) &&
	    write_file(folder, site, "replies.html", file_replies) &&
	    write_file(folder, site, "index.html", file_index) && folder_finish(folder);
}

static bool
export_to(struct folder *folder, const struct site *site, const char *path)
{
	bool written = folder_open(folder, path) && write_all(folder, site);
	report(NULL);
	if (written)
		printf(_("%zu files, %lu KiB, in %s\n"), folder->made_count, folder->octets / 1024, path);
	folder_close(folder);
	return written;
}

/* The earlier export is read before anything is written: it can be in the same folder. */
static bool
write_site(const struct export *export, struct folder *folder, struct earlier *earlier)
{
	struct site site = { 0 };
	bool written = (export->since == NULL || earlier_read(earlier, export->since)) &&
	    site_open(&site, &export->voice, export->languages);
	if (written) {
		site.for_senders = export->for_senders;
		site.earlier = export->since != NULL ? earlier : NULL;
		written = export_to(folder, &site, export->folder);
	}
	site_close(&site);
	return written;
}

bool
export_html(const struct export *export)
{
	struct folder *folder = calloc(1, sizeof *folder);
	struct earlier earlier = { 0 };
	if (folder == NULL) {
		complain_errno(_("memory"));
		return false;
	}
	folder->descriptor = -1;
	bool written = write_site(export, folder, &earlier);
	earlier_free(&earlier);
	free(folder);
	return written;
}
