/* Memory: loading where it runs out at any moment, and rendering without any. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <uninorm.h>

#include "support/folder.h"
#include "support/hostile.h"
#include "support/mofile.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void __real_free(void *memory);
DIR *__real_opendir(const char *path);
uint8_t *__real_u8_normalize(uninorm_t form, const uint8_t *text, size_t len, uint8_t *result, size_t *result_len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void __wrap_free(void *memory);
DIR *__wrap_opendir(const char *path);
uint8_t *__wrap_u8_normalize(uninorm_t form, const uint8_t *text, size_t len, uint8_t *result, size_t *result_len);

static long countdown = -1; /* calls until one fails; below 0: none does */
static long calls;
static long live; /* pieces of memory taken and not given back */
static bool struck;

static bool
fails(void)
{
	calls++;
	if (countdown < 0 || countdown-- > 0)
		return false;
	struck = true;
	errno = ENOMEM;
	return true;
}

void *
__wrap_malloc(size_t size)
{
	void *memory = fails() ? NULL : __real_malloc(size);
	live += memory != NULL;
	return memory;
}

void *
__wrap_calloc(size_t count, size_t size)
{
	void *memory = fails() ? NULL : __real_calloc(count, size);
	live += memory != NULL;
	return memory;
}

void
__wrap_free(void *memory)
{
	int error = errno;
	live -= memory != NULL;
	__real_free(memory);
	errno = error;
}

DIR *
__wrap_opendir(const char *path)
{
	return fails() ? NULL : __real_opendir(path);
}

uint8_t *
__wrap_u8_normalize(uninorm_t form, const uint8_t *text, size_t len, uint8_t *result, size_t *result_len)
{
	uint8_t *normal = fails() ? NULL : __real_u8_normalize(form, text, len, result, result_len);
	live += normal != NULL && normal != result;
	return normal;
}

static struct mofile file;

/* Two languages, an overlay, letters that are composed first, a text that is refused. */
static void
write_catalogues(void)
{
	folder_make();
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "scho\xCC\x88n");
	mofile_add_text(&file, ERR_SMTP_AUTHOK, "gut, ge\xE2\x80\xA6");
	mofile_add_text(&file, ERR_SMTP_RCPTOK, "%n");
	mofile_add(&file, ERR_POP_MESSAGECOUNT, "eine von %lu\0viele von %lu", 26);
	mofile_write(&file, "locale", "de", "ftgate");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "bien su\xCC\x82r");
	mofile_write(&file, "locale", "fr", "ftgate");
	mofile_write(&file, "overlay", "de", "ftgate-local");
	mofile_write(&file, "overlay/@one.example", "fr", "ftgate-local");
}

/* Everything that a catalogue says, in one piece. */
static char *
everything(const ftg_catalog *catalog, size_t *len)
{
	static const char *const preferences[] = { "de", "fr", "de_AT:fr" };
	static char said[2][4 * FTG_IDS * FTG_LINE_MAX * 2];
	static unsigned turn;
	char *out = said[turn++ % 2];
	*len = 0;
	for (unsigned i = 0; i < 3 * FTG_ENCODINGS * FTG_IDS; i++) {
		struct ftg_voice voice = { .catalog = catalog,
			.language = ftg_catalog_find(catalog, preferences[i % 3]),
			.encoding = (enum ftg_encoding)(i / 3 % 2),
			.domain = (int)(i % 2) };
		struct ftg_reply reply = ftg_reply_text((enum ftg_id)(i / 6), "a", 1);
		char line[FTG_REPLY_MAX];
		size_t octets = ftg_render(line, &voice, &reply);
		memcpy(out + *len, line, octets);
		*len += octets;
	}
	return out;
}

static ftg_catalog *
load(void)
{
	static const char *const preferences[] = { "de_AT:fr", NULL };
	struct ftg_sources sources = { .locale = "locale", .overlay = "overlay", .preferences = preferences };
	return ftg_catalog_open(&sources, NULL, NULL);
}

TestSuite(memory, .init = write_catalogues, .fini = folder_remove);

Test(memory, that_runs_out_gives_no_catalogue_or_the_whole_one)
{
	size_t whole_len, len;
	long before = live;
	ftg_catalog *catalog = load();
	const char *whole = everything(catalog, &whole_len);
	cr_expect(memmem(whole, whole_len, "schoen", 6) == NULL, "the overlay speaks for German");
	cr_expect(memmem(whole, whole_len, "bien sur", 8) != NULL);
	ftg_catalog_free(catalog);
	cr_expect_eq(live, before);
	long steps = 0;
	do {
		size_t files = folder_count("/proc/self/fd/*");
		countdown = steps++;
		struck = false;
		errno = 0;
		catalog = load();
		countdown = -1;
		cr_expect(catalog == NULL || !struck, "call %ld", steps);
		cr_expect(catalog != NULL || errno == ENOMEM, "call %ld: %s", steps, strerror(errno));
		if (catalog != NULL)
			cr_expect_eq(memcmp(everything(catalog, &len), whole, whole_len), 0);
		ftg_catalog_free(catalog);
		cr_expect_eq(live, before, "call %ld: %ld", steps, live - before);
		cr_expect_eq(folder_count("/proc/self/fd/*"), files);
	} while (struck);
	cr_expect_gt(steps, 10);
}

Test(memory, that_runs_out_is_reported_when_a_file_is_checked)
{
	long before = live, steps = 0;
	int refusals;
	do {
		countdown = steps++;
		struck = false;
		refusals = ftg_catalog_check_file("locale/de/LC_MESSAGES/ftgate.mo", "de", NULL, NULL);
		int error = errno;
		countdown = -1;
		cr_expect_eq(refusals, struck ? -1 : 1, "call %ld: %d", steps, refusals);
		cr_expect(!struck || error == ENOMEM);
		cr_expect_eq(live, before);
	} while (struck);
	cr_expect_gt(steps, 3);
}

Test(memory, that_runs_out_gives_no_catalogue_from_gettext)
{
	long before = live, steps = 0;
	ftg_catalog *catalog;
	setlocale(LC_ALL, "C");
	do {
		countdown = steps++;
		struck = false;
		catalog = ftg_catalog_from_gettext("ftgate", FTG_PUBLISHED, NULL, NULL);
		int error = errno;
		countdown = -1;
		cr_expect((catalog == NULL) == struck);
		cr_expect(!struck || error == ENOMEM);
		ftg_catalog_free(catalog);
		cr_expect_eq(live, before);
	} while (struck);
	cr_expect_gt(steps, 1);
}

Test(memory, is_not_needed_to_check_a_text)
{
	long before = calls;
	struct ftg_refusal refusal;
	cr_expect_eq(ftg_text_check(ERR_SMTP_OK, "de", "gro\xC3\x9F", 5, &refusal), 0);
	cr_expect_eq(calls, before);
	countdown = 0;
	cr_expect_eq(ftg_text_check(ERR_SMTP_OK, "de", "scho\xCC\x88n", 7, &refusal), 0);
	countdown = -1;
}

Test(memory, is_not_allocated_to_render)
{
	static struct hostile_reply made;
	static char buf[FTG_REPLY_MAX];
	struct hostile hostile = { 7 };
	ftg_catalog *catalog = load();
	long before = calls;
	countdown = 0;
	for (unsigned i = 0; i < 40 * FTG_IDS; i++) {
		hostile_reply(&hostile, (enum ftg_id)(i % FTG_IDS), &made);
		struct ftg_voice voice = { .catalog = catalog,
			.language = (ftg_lang)(i % 4),
			.encoding = (enum ftg_encoding)(i % 2),
			.bilingual = i % 3 == 0,
			.second = (ftg_lang)(i % 5),
			.vars = &made.vars };
		(void)ftg_render(buf, &voice, &made.reply);
	}
	countdown = -1;
	cr_expect_eq(calls, before);
	cr_expect_not(struck);
	ftg_catalog_free(catalog);
}
