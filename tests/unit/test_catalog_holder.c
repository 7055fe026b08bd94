/* The catalogue of a worker: what it speaks from before, during and after a reload. */
#include "process/catalog_holder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "support/folder.h"
#include "support/mofile.h"

static struct mofile file;
static struct catalog_holder holder;
static struct job *pending; /* the load that waits */
static unsigned started, reloaded, fresh;

/* An executor that keeps the job until the test runs it. */
static void
start(struct executor *executor, struct job *job)
{
	(void)executor;
	cr_assert_null(pending);
	pending = job;
	started++;
}

static struct executor executor = { .start = start };

static void
run_load(void)
{
	struct job *job = pending;
	pending = NULL;
	job->work(job);
	job->done(job);
}

static void
on_reloaded(struct catalog_holder *of, bool is_fresh)
{
	(void)of;
	reloaded++;
	fresh += is_fresh;
}

static void
write_text(const char *text)
{
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, text);
	mofile_write(&file, "locale", "de", "ftgate");
}

/* What ERR_SMTP_OK says now. */
static const char *
said(void)
{
	static char reply[FTG_REPLY_MAX + 1];
	const struct ftg_reply ok = ftg_reply(ERR_SMTP_OK);
	const struct ftg_vars vars = { 0 };
	struct ftg_voice voice = holder.source.voice;
	voice.vars = &vars;
	reply[ftg_render(reply, &voice, &ok)] = '\0';
	return reply;
}

static void
open_holder(const char *language)
{
	const struct catalog_request request = { "locale", "overlay", language, "", FTG_PUBLISHED, "host", "contact",
		"help", FTG_LINK_NEVER };
	catalog_holder_open(&holder, &request, 0);
	holder.executor = &executor;
	holder.reloaded = on_reloaded;
}

static void
set_up(void)
{
	folder_make();
	write_text("Alles gut");
}

TestSuite(catalog_holder, .init = set_up, .fini = folder_remove);

Test(catalog_holder, speaks_from_the_start)
{
	open_holder("de");
	cr_expect_not_null(strstr(said(), "Alles gut"));
	cr_expect_str_eq(holder.source.host, "host");
	cr_expect_str_eq(holder.source.contact, "contact");
	catalog_holder_close(&holder);
}

Test(catalog_holder, language_that_is_missing_is_spoken_in_english)
{
	open_holder("fr");
	cr_expect_null(strstr(said(), "Alles gut"));
	cr_expect_eq(holder.source.voice.language, FTG_ENGLISH);
	cr_expect_not(holder.source.voice.bilingual);
	catalog_holder_close(&holder);
}

Test(catalog_holder, old_words_are_said_until_the_new_ones_are_loaded)
{
	open_holder("de");
	unsigned before = holder.source.generation;
	write_text("Alles neu");
	catalog_holder_reload(&holder);
	cr_expect_not_null(strstr(said(), "Alles gut"));
	cr_expect_eq(holder.source.generation, before);
	run_load();
	cr_expect_not_null(strstr(said(), "Alles neu"));
	cr_expect_neq(holder.source.generation, before);
	cr_expect_eq(reloaded, 1);
	cr_expect_eq(fresh, 1);
	catalog_holder_close(&holder);
}

Test(catalog_holder, file_that_is_refused_whole_leaves_the_old_words)
{
	open_holder("de");
	mofile_write_octets("rubbish", 7, "locale", "de", "ftgate");
	catalog_holder_reload(&holder);
	run_load();
	cr_expect_not_null(strstr(said(), "Alles gut"));
	cr_expect_eq(reloaded, 1);
	cr_expect_eq(fresh, 0);
	cr_expect_eq(holder.refusals.count, 1);
	catalog_holder_close(&holder);
}

Test(catalog_holder, text_that_is_refused_is_counted_and_costs_no_other)
{
	open_holder("de");
	mofile_begin(&file, MOFILE_HEADER);
	mofile_add_text(&file, ERR_SMTP_OK, "Alles neu");
	mofile_add_text(&file, ERR_SMTP_RCPTOK, "%n");
	mofile_write(&file, "locale", "de", "ftgate");
	catalog_holder_reload(&holder);
	run_load();
	cr_expect_not_null(strstr(said(), "Alles neu"));
	cr_expect_eq(holder.refusals.count, 1);
	cr_expect_eq(fresh, 1);
	catalog_holder_close(&holder);
}

Test(catalog_holder, reload_that_is_asked_for_during_a_load_is_another_load)
{
	open_holder("de");
	catalog_holder_reload(&holder);
	write_text("Zu spaet fuer diesen");
	catalog_holder_reload(&holder);
	catalog_holder_reload(&holder);
	cr_expect_eq(started, 1);
	run_load();
	cr_expect_eq(started, 2);
	cr_expect_eq(reloaded, 0);
	run_load();
	cr_expect_eq(started, 2);
	cr_expect_eq(reloaded, 1);
	cr_expect_not_null(strstr(said(), "Zu spaet"));
	catalog_holder_close(&holder);
}

/* A character that a terminal may not show is shorter in the answer than in the path. */
Test(catalog_holder, refusal_names_the_source_whatever_the_folder_is_called)
{
	static const char folder[] = "\xE2\x80\xAE", path[] = "\xE2\x80\xAE/ftgate.po";
	const struct ftg_refusal refusal = {
		.file = "\xE2\x80\xAE/ftgate.mo", .language = "de", .id = ERR_SMTP_OK, .detail = "long"
	};
	struct catalog_refusals refusals = { 0 };
	char octets[512];
	struct text_buffer answer = { .text = octets, .size = sizeof octets };
	cr_assert_eq(mkdir(folder, 0700), 0);
	FILE *po = fopen(path, "we");
	cr_assert_not_null(po);
	fputs("msgctxt \"ERR_SMTP_OK\"\nmsgid \"Ok\"\nmsgstr \"x\"\n", po);
	fclose(po);
	catalog_refusals_note(&refusals, &refusal);
	catalog_refusals_put(&refusals, 0, &answer);
	cr_expect_not_null(strstr(octets, " 3\t?/ftgate.po\tlong\t"), "%s", octets);
	catalog_refusals_free(&refusals);
}

/* The line in the answer for a refusal of a file of this name. */
static void
expect_line(const struct ftg_refusal *refusal, const char *expected)
{
	struct catalog_refusals refusals = { 0 };
	char octets[512];
	struct text_buffer answer = { .text = octets, .size = sizeof octets };
	catalog_refusals_note(&refusals, refusal);
	catalog_refusals_put(&refusals, 0, &answer);
	cr_expect_not_null(strstr(octets, expected), "%s is not in %s", expected, octets);
	catalog_refusals_free(&refusals);
}

Test(catalog_holder, refusal_names_the_line_of_the_very_entry)
{
	FILE *po = fopen("lines.po", "we");
	cr_assert_not_null(po);
	fputs(
	    "msgid \"\"\nmsgstr \"\"\n\nmsgctxt \"ERR_SMTP_OK\"\nmsgid \"Fine\"\nmsgstr \"alt\"\n\n"
	    "msgctxt \"ERR_SMTP_OK|user\"\nmsgid \"\"\n\"O\"\n\"k\"\nmsgstr \"y\"\n\n"
	    "msgctxt \"ERR_SMTP_OK\"\nmsgid \"Ok\"\nmsgstr \"%n\"\n\n"
	    "msgctxt \"FTG_POP_LOGIN\"\nmsgid \"%lu message (%lu octets)\"\nmsgid_plural \"%lu messages (%lu octets)\"\n"
	    "msgstr[0] \"x\"\nmsgstr[1] \"y\"\n",
	    po);
	fclose(po);
	struct ftg_refusal refusal = { .file = "lines.mo", .language = "de", .id = ERR_SMTP_OK, .detail = "" };
	refusal.rule = FTG_RULE_STALE;
	expect_line(&refusal, " stale 4\tlines.po\t");
	refusal.rule = FTG_RULE_DIRECTIVE;
	expect_line(&refusal, " directive 16\tlines.po\t");
	refusal.audience = FTG_USERS;
	expect_line(&refusal, "ERR_SMTP_OK|user directive 12\tlines.po\t");
	refusal.audience = FTG_EVERYONE;
	refusal.id = FTG_POP_LOGIN;
	expect_line(&refusal, " directive 21\tlines.po\t");
}

Test(catalog_holder, file_that_is_no_catalogue_is_named_itself)
{
	FILE *po = fopen("broken.po", "we");
	cr_assert_not_null(po);
	fputs("msgid \"\"\nmsgstr \"\"\n", po);
	fclose(po);
	struct ftg_refusal refusal = {
		.file = "broken.mo", .language = "de", .id = FTG_IDS, .whole_file = true, .detail = ""
	};
	refusal.rule = FTG_RULE_FILE;
	expect_line(&refusal, "refused - file 0\tbroken.mo\t");
	refusal.rule = FTG_RULE_CHARSET;
	expect_line(&refusal, "refused - charset 1\tbroken.po\t");
}
