/* Own texts of a database: the state of a folder, and a generation that takes the place of its texts, or is refused. */
#include "texts/adopt.h"
#include "texts/folder.h"
#include "texts/po_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/folder.h"

#define HEAD "msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\n\"\n\n"
#define TEXT(text)                                                                                                     \
	HEAD "msgctxt \"ERR_SMTP_CLOSING\"\nmsgid \"Service closing transmission channel\"\nmsgstr \"" text "\"\n"

static struct texts_state state;
static char refused[1024], replaced[1024];

static void
note_refused(void *context, const struct texts_part *part, const char *id, const char *rule, const char *detail)
{
	size_t len = strlen(refused);
	(void)context;
	(void)detail;
	snprintf(refused + len, sizeof refused - len, "%s/%s %s %s;", part->domain, part->language, id, rule);
}

static void
note_replaced(void *context, const char *domain, const char *language)
{
	size_t len = strlen(replaced);
	(void)context;
	snprintf(replaced + len, sizeof replaced - len, "%s/%s;", domain, language);
}

static void
setup(void)
{
	folder_make();
	cr_assert_eq(mkdir("locale", 0755), 0);
	state = (struct texts_state) { 0 };
}

/* Adopts a generation of these parts: domain, language, source. */
static enum texts_adoption
adopt(uint64_t number, size_t count, const char *const (*parts)[3])
{
	const struct texts_listener listener = { note_refused, note_replaced, NULL };
	struct texts_set set = { .generation = { number, 10 * number }, .part = calloc(count + 1, sizeof *set.part) };
	cr_assert_not_null(set.part);
	for (; set.count < count; set.count++)
		set.part[set.count] = (struct texts_part) { strdup(parts[set.count][0]), strdup(parts[set.count][1]),
			strdup(parts[set.count][2]), strlen(parts[set.count][2]) };
	refused[0] = replaced[0] = '\0';
	enum texts_adoption result = texts_adopt("locale", &set, &state, &listener);
	texts_set_free(&set);
	return result;
}

static enum texts_adoption
adopt_one(uint64_t number, const char *domain, const char *language, const char *source)
{
	const char *const parts[][3] = { { domain, language, source } };
	return adopt(number, 1, parts);
}

static void
expect_source(const char *domain, const char *language, const char *expected)
{
	size_t len;
	struct texts *texts = texts_folder_open("locale", domain);
	char *source = texts->ops->read(texts, language, 0, &len);
	char *compiled = texts->ops->read_compiled(texts, language, &len);
	cr_expect_eq(expected == NULL, source == NULL);
	cr_expect_eq(source == NULL, compiled == NULL);
	if (expected != NULL && source != NULL)
		cr_expect_str_eq(source, expected);
	free(source);
	free(compiled);
	texts->ops->close(texts);
}

Test(texts_adopt, generation_takes_the_place_of_all_texts, .init = setup, .fini = folder_remove)
{
	const char *const parts[][3] = { { "", "de", TEXT("Eins") }, { "example.org", "de", TEXT("Zwei") },
		{ "", "fr", TEXT("Un") } };
	cr_assert_eq(adopt(1, 3, parts), TEXTS_ADOPTED);
	expect_source(NULL, "de", TEXT("Eins"));
	expect_source("example.org", "de", TEXT("Zwei"));
	cr_assert_eq(adopt(2, 1, parts), TEXTS_ADOPTED);
	expect_source(NULL, "de", TEXT("Eins"));
	expect_source("example.org", "de", NULL);
	expect_source(NULL, "fr", NULL);
	cr_expect_str_eq(replaced, "", "texts of the database are no others");
	struct texts_state read;
	cr_assert_eq(texts_state_read(&read, "locale"), 0);
	cr_expect_eq(read.used.number, 2);
	cr_expect_eq(read.used.created, 20);
}

Test(texts_adopt, one_refused_text_refuses_the_generation, .init = setup, .fini = folder_remove)
{
	const char *const parts[][3] = { { "", "de", TEXT("Neu") }, { "", "fr", TEXT("%n") } };
	cr_assert_eq(adopt_one(1, "", "de", TEXT("Alt")), TEXTS_ADOPTED);
	cr_assert_eq(adopt(2, 2, parts), TEXTS_REFUSED);
	cr_expect(strncmp(refused, "/fr ERR_SMTP_CLOSING ", 21) == 0, "%s", refused);
	expect_source(NULL, "de", TEXT("Alt"));
	expect_source(NULL, "fr", NULL);
	cr_expect_eq(state.used.number, 1);
	cr_expect_eq(state.refused.number, 2);
	cr_expect_eq(state.refusals, 1);
	cr_expect(strncmp(state.reason, "fr: ERR_SMTP_CLOSING: ", 22) == 0, "%s", state.reason);
}

Test(texts_adopt, text_that_was_refused_before_refuses_no_other, .init = setup, .fini = folder_remove)
{
	struct texts *texts = texts_folder_open("locale", NULL);
	struct po_file po;
	static const char old[] = TEXT("%n") "\nmsgctxt \"NO_SUCH_ID\"\nmsgid \"x\"\nmsgstr \"y\"\n";
	struct texts_change change = { .source = old, .source_len = sizeof old - 1 };
	cr_assert_eq(po_file_parse(&po, old, sizeof old - 1), 0);
	char *compiled = po_file_compile(&po, NULL, &change.compiled_len);
	change.compiled = compiled;
	cr_assert_eq(texts->ops->replace(texts, "de", &change), 0);
	texts->ops->close(texts);
	po_file_free(&po);
	free(compiled);
	static const char new[] = TEXT("Neu") "\nmsgctxt \"NO_SUCH_ID\"\nmsgid \"x\"\nmsgstr \"y\"\n";
	cr_expect_eq(adopt_one(1, "", "de", new), TEXTS_ADOPTED);
	cr_expect_str_eq(replaced, "/de;");
	cr_expect_eq(adopt_one(2, "", "fr", new), TEXTS_REFUSED);
}

Test(texts_adopt, names_of_no_language_or_domain_are_refused, .init = setup, .fini = folder_remove)
{
	static const char *const names[][2] = { { "", "../de" }, { "", "de/.." }, { "", ".." }, { "", "" },
		{ "..", "de" }, { "../../x", "de" }, { "Example.org", "de" }, { "", "de_/../../../x" },
		{ "a/b", "de" } };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		cr_expect_eq(adopt_one(i + 1, names[i][0], names[i][1], TEXT("x")), TEXTS_REFUSED, "%s", names[i][1]);
		cr_expect_eq(state.used.number, 0);
	}
	cr_expect_neq(access("x", F_OK), 0);
	cr_expect_neq(access("../x", F_OK), 0);
}

Test(texts_adopt, source_that_is_no_po_is_refused, .init = setup, .fini = folder_remove)
{
	cr_expect_eq(adopt_one(1, "", "de", "msgid \""), TEXTS_REFUSED);
	cr_expect_str_eq(refused, "/de - syntax;");
	cr_expect_eq(adopt_one(2, "", "de", "\xFF\xFE"), TEXTS_REFUSED);
	expect_source(NULL, "de", NULL);
}

Test(texts_adopt, two_processes_do_not_write_at_once, .init = setup, .fini = folder_remove)
{
	struct texts *texts = texts_folder_open("locale", NULL);
	cr_assert_eq(texts->ops->lock(texts), 0);
	cr_expect_eq(adopt_one(1, "", "de", TEXT("x")), TEXTS_BUSY);
	texts->ops->close(texts);
	cr_expect_eq(adopt_one(1, "", "de", TEXT("x")), TEXTS_ADOPTED);
	state = (struct texts_state) { 0 };
	cr_expect_eq(adopt_one(2, "", "de", TEXT("y")), TEXTS_BUSY, "another one has adopted the first");
	cr_expect_eq(state.used.number, 1);
	cr_expect_eq(adopt_one(2, "", "de", TEXT("y")), TEXTS_ADOPTED);
}

Test(texts_adopt, folder_that_cannot_be_written_keeps_its_state, .init = setup, .fini = folder_remove)
{
	cr_assert_eq(adopt_one(1, "", "de", TEXT("Alt")), TEXTS_ADOPTED);
	cr_assert_eq(unlink("locale/de/LC_MESSAGES/ftgate-local.mo"), 0);
	cr_assert_eq(mkdir("locale/de/LC_MESSAGES/ftgate-local.mo", 0755), 0);
	cr_expect_eq(adopt_one(2, "", "de", TEXT("Neu")), TEXTS_FAILED);
	cr_expect_eq(state.used.number, 1);
	cr_assert_eq(rmdir("locale/de/LC_MESSAGES/ftgate-local.mo"), 0);
	cr_expect_eq(adopt_one(2, "", "de", TEXT("Neu")), TEXTS_ADOPTED);
	expect_source(NULL, "de", TEXT("Neu"));
}

/* Whether each file is that of the generation before or of the new one, whole, and compiled. */
static void
expect_no_half(const char *domain, const char *language, const char *before, const char *after)
{
	size_t len;
	struct texts *texts = texts_folder_open("locale", domain);
	char *source = texts->ops->read(texts, language, 0, &len);
	char *compiled = texts->ops->read_compiled(texts, language, &len);
	cr_assert_not_null(source);
	cr_expect(strcmp(source, before) == 0 || strcmp(source, after) == 0, "%s", source);
	cr_expect_not_null(compiled);
	free(source);
	free(compiled);
	texts->ops->close(texts);
}

Test(texts_adopt, fault_at_any_step_is_completed_by_the_next_attempt, .init = setup, .fini = folder_remove)
{
	static const enum fault_call calls[] = { FAULT_WRITE, FAULT_FSYNC };
	const char *const before[][3] = { { "", "de", TEXT("Eins") }, { "example.org", "de", TEXT("Zwei") } };
	const char *const after[][3] = { { "", "de", TEXT("Drei") }, { "example.org", "de", TEXT("Vier") } };
	unsigned struck = 0;
	uint64_t number = 1;
	cr_assert_eq(adopt(number, 2, before), TEXTS_ADOPTED);
	for (size_t call = 0; call < sizeof calls / sizeof *calls; call++) {
		bool again = true;
		for (int nth = 0; again; nth++) {
			fault_set(calls[call], nth, EIO);
			enum texts_adoption result = adopt(number + 1, 2, after);
			again = fault_struck() > 0;
			fault_set(calls[call], -1, 0);
			struck += again;
			if (result == TEXTS_FAILED)
				cr_expect_eq(state.used.number, number, "call %zu, %d", call, nth);
			expect_no_half(NULL, "de", before[0][2], after[0][2]);
			expect_no_half("example.org", "de", before[1][2], after[1][2]);
			/* If the state was stored, but not synced, it is found by the next attempt. */
			if (result != TEXTS_ADOPTED && adopt(number + 1, 2, after) != TEXTS_ADOPTED)
				cr_expect_eq(state.used.number, number + 1, "call %zu, %d", call, nth);
			expect_source(NULL, "de", after[0][2]);
			expect_source("example.org", "de", after[1][2]);
			number += 2;
			cr_assert_eq(adopt(number, 2, before), TEXTS_ADOPTED);
		}
	}
	cr_expect_geq(struck, 12);
}

Test(texts_state, is_what_was_written, .init = setup, .fini = folder_remove)
{
	const struct texts_state written = { { 7, UINT64_MAX }, { 8, 9 }, 3, "de: ERR_SMTP_OK: stale: x" };
	struct texts_state read;
	cr_assert_eq(texts_state_read(&read, "locale"), 0);
	cr_expect_eq(read.used.number, 0);
	cr_assert_eq(texts_state_write(&written, "locale"), 0);
	cr_assert_eq(texts_state_read(&read, "locale"), 0);
	cr_expect(
	    texts_generation_is(&read.used, &written.used) && texts_generation_is(&read.refused, &written.refused));
	cr_expect_eq(read.refusals, 3);
	cr_expect_str_eq(read.reason, written.reason);
}

Test(texts_state, is_empty_if_the_file_is_damaged)
{
	static const char *const damaged[] = { "", "ftgate-texts 1\n", "ftgate-texts 2\nused 1 1\nrefused 0 0 0 \n",
		"ftgate-texts 1\nused 1\nrefused 0 0 0 \n", "ftgate-texts 1\nused 1 1\nrefused 0 0 0 \nx",
		"ftgate-texts 1\nused 18446744073709551616 1\nrefused 0 0 0 \n",
		"ftgate-texts 1\nused -1 1\nrefused 0 0 0 \n", "ftgate-texts 1\nused 1 1\nrefused 0 0 0 a\x1b\n" };
	struct texts_state parsed;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		cr_expect_not(texts_state_parse(&parsed, damaged[i], strlen(damaged[i])), "%s", damaged[i]);
		cr_expect_eq(parsed.used.number, 0);
	}
	cr_expect(texts_state_parse(&parsed, "ftgate-texts 1\nused 1 2\nrefused 0 0 0 \n", 39));
	cr_expect_eq(parsed.used.created, 2);
}
