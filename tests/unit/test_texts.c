/* Own texts in a folder: versions, lock, modes, strays; and their check. */
#include "texts/check.h"
#include "texts/folder.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/folder.h"

static struct texts *texts;
static char found[1024];

static void
setup(void)
{
	folder_make();
	texts = texts_folder_open("locale", NULL);
	cr_assert_not_null(texts);
}

static void
teardown(void)
{
	texts->ops->close(texts);
	folder_remove();
}

static void
replace(const char *source)
{
	struct texts_change change = { source, "compiled", strlen(source), 8 };
	cr_assert_eq(texts->ops->replace(texts, "de", &change), 0, "%s", strerror(errno));
}

static void
note_version(void *context, const struct texts_version *version)
{
	size_t len = strlen(found);
	(void)context;
	snprintf(found + len, sizeof found - len, "%u:%zu ", version->number, version->len);
}

static const char *
versions(void)
{
	found[0] = '\0';
	cr_assert_eq(texts->ops->each_version(texts, "de", note_version, NULL), 0);
	return found;
}

static void
expect_read(unsigned version, const char *expected)
{
	size_t len;
	char *octets = texts->ops->read(texts, "de", version, &len);
	cr_assert_not_null(octets);
	cr_expect_str_eq(octets, expected);
	free(octets);
}

static int syncs;

/* In place of that of the C library. */
int
fsync(int file)
{
	syncs++;
	return fdatasync(file);
}

Test(texts, of_a_copy_have_no_versions_and_are_not_synced, .init = setup, .fini = teardown)
{
	syncs = 0;
	replace("one");
	cr_expect_eq(syncs, 4, "of the empty version, the source, what is compiled, and the folder");
	texts->ops->close(texts);
	texts = texts_folder_open_copy("locale", NULL);
	cr_assert_not_null(texts);
	replace("two");
	cr_expect_eq(syncs, 4);
	cr_expect_str_eq(versions(), "1:0 ");
	expect_read(0, "two");
}

Test(texts, of_a_language_have_none_before_the_first, .init = setup, .fini = teardown)
{
	size_t len;
	cr_expect_null(texts->ops->read(texts, "de", 0, &len));
	cr_expect_eq(errno, ENOENT);
	cr_expect_str_eq(versions(), "");
}

Test(texts, the_last_ten_versions_are_kept, .init = setup, .fini = teardown)
{
	char source[32];
	cr_assert_eq(texts->ops->lock(texts), 0);
	for (int i = 1; i <= 13; i++) {
		snprintf(source, sizeof source, "source %d", i);
		replace(source);
	}
	expect_read(0, "source 13");
	cr_expect_str_eq(versions(), "13:9 12:9 11:9 10:8 9:8 8:8 7:8 6:8 5:8 4:8 ");
	expect_read(13, "source 12");
	expect_read(4, "source 3");
}

Test(texts, that_do_not_change_are_no_version, .init = setup, .fini = teardown)
{
	replace("source 1");
	replace("source 1");
	cr_expect_str_eq(versions(), "1:0 ");
}

Test(texts, an_empty_source_removes_both_files_and_can_be_taken_back, .init = setup, .fini = teardown)
{
	size_t len;
	replace("source 1");
	replace("");
	cr_expect_null(texts->ops->read(texts, "de", 0, &len));
	cr_expect_null(texts->ops->read_compiled(texts, "de", &len));
	expect_read(1, "");
	expect_read(2, "source 1");
}

Test(texts, everyone_can_read_them_whatever_the_umask, .init = setup, .fini = teardown)
{
	static const struct {
		const char *path;
		mode_t mode;
	} files[] = {
		{ "locale", 0755 },
		{ "locale/de", 0755 },
		{ "locale/de/LC_MESSAGES", 0755 },
		{ "locale/de/LC_MESSAGES/ftgate-local.po", 0644 },
		{ "locale/de/LC_MESSAGES/ftgate-local.mo", 0644 },
		{ "locale/de/LC_MESSAGES/ftgate-local.po.~1~", 0644 },
	};
	umask(0777);
	replace("source");
	umask(022);
	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		struct stat st;
		cr_assert_eq(stat(files[i].path, &st), 0, "%s", files[i].path);
		cr_expect_eq(st.st_mode & 0777, files[i].mode, "%s: %o", files[i].path, st.st_mode);
	}
}

Test(texts, one_process_changes_them_at_a_time, .init = setup, .fini = teardown)
{
	struct texts *other = texts_folder_open("locale", NULL);
	cr_assert_eq(texts->ops->lock(texts), 0);
	cr_expect_eq(other->ops->lock(other), -1);
	cr_expect_eq(errno, EWOULDBLOCK);
	texts->ops->close(texts);
	cr_expect_eq(other->ops->lock(other), 0);
	texts = other;
}

static void
touch(const char *folder, const char *name)
{
	char path[256];
	snprintf(path, sizeof path, "locale/%s", folder);
	mkdir("locale", 0755);
	mkdir(path, 0755);
	snprintf(path, sizeof path, "locale/%s/%s", folder, strchr(name, '/') != NULL ? "LC_MESSAGES" : "");
	mkdir(path, 0755);
	snprintf(path, sizeof path, "locale/%s/%s", folder, name);
	int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	cr_assert_geq(file, 0, "%s", path);
	close(file);
}

static void
note_stray(void *context, enum texts_stray stray, const char *path)
{
	size_t len = strlen(found);
	(void)context;
	snprintf(found + len, sizeof found - len, "%d %s\n", (int)stray, path);
}

static void
note_language(void *context, const char *language)
{
	size_t len = strlen(found);
	(void)context;
	snprintf(found + len, sizeof found - len, "%s ", language);
}

Test(texts, what_no_server_reads_is_reported, .init = setup, .fini = teardown)
{
	touch("de", "LC_MESSAGES/ftgate-local.po");
	touch("de", "LC_MESSAGES/ftgate-local.mo");
	touch("de", "LC_MESSAGES/ftgate-local.po.~1~");
	touch("fr", "LC_MESSAGES/ftgate-local.po");
	touch("it", "LC_MESSAGES/ftgate-local.mo");
	touch("german!", "LC_MESSAGES/ftgate-local.mo");
	touch("es", "ftgate-local.po");
	touch("pt_BR", "LC_MESSAGES/ftgate.po");
	touch("", "de.po");
	found[0] = '\0';
	cr_assert_eq(texts->ops->each_stray(texts, note_stray, NULL), 0);
	cr_expect_str_eq(found,
	    "2 locale/de.po\n2 locale/es/ftgate-local.po\n0 locale/fr/LC_MESSAGES/ftgate-local.po\n"
	    "2 locale/german!/LC_MESSAGES/ftgate-local.mo\n1 locale/it/LC_MESSAGES/ftgate-local.mo\n"
	    "2 locale/pt_BR/LC_MESSAGES/ftgate.po\n");
	found[0] = '\0';
	cr_assert_eq(texts->ops->each_language(texts, note_language, NULL), 0);
	cr_expect_str_eq(found, "de fr it ");
}

Test(texts, folder_that_is_of_no_domain_is_reported, .init = setup, .fini = teardown)
{
	mkdir("locale", 0755);
	cr_assert_eq(mkdir("locale/@example.org", 0755), 0);
	cr_assert_eq(mkdir("locale/@Example.NET", 0755), 0);
	cr_assert_eq(mkdir("locale/@", 0755), 0);
	found[0] = '\0';
	cr_assert_eq(texts->ops->each_stray(texts, note_stray, NULL), 0);
	cr_expect_str_eq(found, "3 locale/@\n3 locale/@Example.NET\n");
	found[0] = '\0';
	cr_assert_eq(texts->ops->each_domain(texts, note_language, NULL), 0);
	cr_expect_str_eq(found, "example.org ");
}

Test(texts, a_version_that_cannot_be_kept_changes_nothing, .init = setup, .fini = teardown)
{
	replace("source 1");
	cr_assert_eq(mkdir("locale/de/LC_MESSAGES/ftgate-local.po.~2~.new", 0755), 0);
	struct texts_change change = { "source 2", "compiled", 8, 8 };
	cr_expect_eq(texts->ops->replace(texts, "de", &change), -1);
	expect_read(0, "source 1");
	cr_expect_str_eq(versions(), "1:0 ");
}

Test(texts, a_change_that_fails_again_and_again_keeps_the_versions, .init = setup, .fini = teardown)
{
	replace("source 1");
	replace("source 2");
	cr_assert_eq(mkdir("locale/de/LC_MESSAGES/ftgate-local.po.new", 0755), 0);
	struct texts_change change = { "source 3", "compiled", 8, 8 };
	for (int i = 0; i < 12; i++)
		cr_expect_eq(texts->ops->replace(texts, "de", &change), -1);
	expect_read(0, "source 2");
	cr_expect_str_eq(versions(), "3:8 2:8 1:0 ");
	cr_assert_eq(rmdir("locale/de/LC_MESSAGES/ftgate-local.po.new"), 0);
	replace("source 3");
	cr_expect_str_eq(versions(), "3:8 2:8 1:0 ");
	expect_read(3, "source 2");
}

static void
note_problem(void *context, const struct texts_problem *problem)
{
	size_t len = strlen(found);
	(void)context;
	snprintf(found + len, sizeof found - len, "%zu %s %s\n", problem->line,
	    problem->id == FTG_IDS ? "-" : ftg_row(problem->id)->id, ftg_rule_name(problem->rule));
}

static void
expect_problems(const char *source, const char *expected, int count)
{
	struct po_file po;
	found[0] = '\0';
	cr_assert_eq(po_file_parse(&po, source, strlen(source)), 0, "line %zu: %s", po.fault_line, po.fault);
	cr_expect_eq(texts_check(&po, "de", note_problem, NULL), count);
	cr_expect_str_eq(found, expected);
	po_file_free(&po);
}

Test(texts_check, names_line_and_rule_of_each_refusal)
{
	expect_problems("msgctxt \"ERR_SMTP_OK\"\nmsgid \"Ok\"\nmsgstr \"Gut\"\n", "", 0);
	expect_problems(
	    "msgctxt \"ERR_SMTP_OK\"\nmsgid \"Ok\"\nmsgstr \"%n\"\n\nmsgctxt \"ERR_SMTP_OK\"\nmsgid \"Okay\"\n"
	    "msgstr \"Gut\"\n\n\nmsgctxt \"NO_SUCH\"\nmsgid \"a\"\nmsgstr \"b\"\n",
	    "3 ERR_SMTP_OK directive\n5 ERR_SMTP_OK stale\n10 - unknown\n", 3);
	expect_problems("msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=latin1\\n\"\n", "1 - charset\n", 1);
	expect_problems(
	    "msgid \"\"\nmsgstr \"Plural-Forms: nplurals=x\\n\"\n\nmsgctxt \"ERR_SMTP_OK\"\nmsgid \"Ok\"\nmsgstr \"%n\"\n",
	    "1 - plurals\n", 1);
}
