/* Compiled catalogues (.mo) with any content: what msgfmt would refuse too; and a list of what loading them refuses. */
#include "mofile.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static size_t
keep(struct mofile *file, const char *octets, size_t len)
{
	size_t at = file->used;
	cr_assert_lt(len, MOFILE_STRINGS - at);
	if (len > 0)
		memcpy(file->strings + at, octets, len);
	file->strings[at + len] = '\0';
	file->used += len + 1;
	return at;
}

void
mofile_begin(struct mofile *file, const char *header)
{
	file->entries = file->used = 0;
	file->revision = 0;
	file->swapped = false;
	if (header != NULL)
		mofile_add_key(file, "", 0, header, strlen(header));
}

void
mofile_add_key(struct mofile *file, const char *key, size_t key_len, const char *text, size_t text_len)
{
	cr_assert_lt(file->entries, MOFILE_ENTRIES);
	size_t i = file->entries++;
	file->entry[i].key = keep(file, key, key_len);
	file->entry[i].key_len = key_len;
	file->entry[i].text = keep(file, text, text_len);
	file->entry[i].text_len = text_len;
}

void
mofile_add(struct mofile *file, enum ftg_id id, const char *text, size_t len)
{
	char key[512];
	const struct ftg_row *row = ftg_row(id);
	int used = snprintf(key, sizeof(key), "%s\004%s", row->id, row->text[0]);
	if (row->text[1] != NULL)
		used += 1 + snprintf(key + used + 1, sizeof(key) - (size_t)used - 1, "%s", row->text[1]);
	mofile_add_key(file, key, (size_t)used, text, len);
}

void
mofile_add_text(struct mofile *file, enum ftg_id id, const char *text)
{
	mofile_add(file, id, text, strlen(text));
}

static char *
put_word(const struct mofile *file, char *out, size_t value)
{
	uint32_t word = file->swapped ? __builtin_bswap32((uint32_t)value) : (uint32_t)value;
	memcpy(out, &word, sizeof(word));
	return out + sizeof(word);
}

/* The format: GNU gettext manual, section 10.3. */
size_t
mofile_octets(const struct mofile *file, char *out)
{
	size_t n = file->entries, strings = 28 + 16 * n;
	char *at = put_word(file, out, 0x950412DE);
	at = put_word(file, at, file->revision);
	at = put_word(file, at, n);
	at = put_word(file, at, 28);
	at = put_word(file, at, 28 + 8 * n);
	at = put_word(file, at, 0);
	at = put_word(file, at, strings);
	for (size_t i = 0; i < n; i++) {
		at = put_word(file, at, file->entry[i].key_len);
		at = put_word(file, at, strings + file->entry[i].key);
	}
	for (size_t i = 0; i < n; i++) {
		at = put_word(file, at, file->entry[i].text_len);
		at = put_word(file, at, strings + file->entry[i].text);
	}
	memcpy(at, file->strings, file->used);
	return strings + file->used;
}

static void
make_folder(const char *path)
{
	cr_assert(mkdir(path, 0777) == 0 || errno == EEXIST, "%s: %s", path, strerror(errno));
}

void
mofile_write_octets(const char *octets, size_t len, const char *folder, const char *language, const char *domain)
{
	char path[PATH_MAX];
	const char *slash = strchr(folder, '/');
	if (slash != NULL) {
		snprintf(path, sizeof(path), "%.*s", (int)(slash - folder), folder);
		make_folder(path);
	}
	make_folder(folder);
	snprintf(path, sizeof(path), "%s/%s", folder, language);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES", folder, language);
	make_folder(path);
	snprintf(path, sizeof(path), "%s/%s/LC_MESSAGES/%s.mo", folder, language, domain);
	FILE *out = fopen(path, "wb");
	cr_assert_not_null(out);
	cr_assert_eq(fwrite(octets, 1, len, out), len);
	cr_assert_eq(fclose(out), 0);
}

void
mofile_write(const struct mofile *file, const char *folder, const char *language, const char *domain)
{
	static char octets[MOFILE_SIZE];
	mofile_write_octets(octets, mofile_octets(file, octets), folder, language, domain);
}

void
refusals_take(void *context, const struct ftg_refusal *refusal)
{
	struct refusals *refusals = context;
	size_t i = refusals->count++;
	if (i >= sizeof(refusals->at) / sizeof(refusals->at[0]))
		return;
	snprintf(refusals->at[i].file, sizeof(refusals->at[i].file), "%s", refusal->file);
	snprintf(refusals->at[i].language, sizeof(refusals->at[i].language), "%s", refusal->language);
	snprintf(refusals->at[i].detail, sizeof(refusals->at[i].detail), "%s", refusal->detail);
	refusals->at[i].whole_file = refusal->whole_file;
	refusals->at[i].id = refusal->id;
	refusals->at[i].rule = refusal->rule;
}

ftg_catalog *
mofile_load(const char *locale, const char *overlay, struct refusals *refusals)
{
	struct ftg_sources sources = { .locale = locale, .overlay = overlay };
	refusals->count = 0;
	ftg_catalog *catalog = ftg_catalog_open(&sources, refusals_take, refusals);
	cr_assert_not_null(catalog);
	return catalog;
}

const char *
mofile_said(const ftg_catalog *catalog, const char *language, enum ftg_id id)
{
	static char line[FTG_REPLY_MAX + 1];
	struct ftg_voice voice = {
		.catalog = catalog, .language = ftg_catalog_find(catalog, language), .encoding = FTG_UTF8
	};
	struct ftg_reply reply = { .id = id, .arg = { { .text = "arg", .len = 3, .number = 2 } } };
	size_t len = ftg_render(line, &voice, &reply);
	line[len] = '\0';
	char *end = strstr(line, " (#");
	if (end != NULL)
		*end = '\0';
	return line + strlen(ftg_row(id)->service == FTG_SMTP ? "250 2.5.0 " : "-ERR ");
}
