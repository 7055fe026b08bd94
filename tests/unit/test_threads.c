/* Threads: one generation for all, generations that come and go, and texts checked side by side. */
#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support/contract.h"
#include "support/folder.h"
#include "support/hostile.h"
#include "support/mofile.h"

enum { RENDERERS = 4, GENERATIONS = 60 };

struct renderer {
	pthread_t thread;
	unsigned number;
	const ftg_catalog *shared;
	_Atomic(ftg_catalog *) offered; /* a newer generation, for this renderer alone */
	struct hostile hostile;
	struct hostile_reply made;
	unsigned changes;
};

static atomic_bool stop;
static atomic_uint breaches;

static ftg_catalog *
load(const char *folder)
{
	struct ftg_sources sources = { .locale = folder, .profile = FTG_STRICT };
	return ftg_catalog_open(&sources, NULL, NULL);
}

static void
render_some(struct renderer *r, const ftg_catalog *catalog)
{
	char buf[FTG_REPLY_MAX];
	for (unsigned i = 0; i < 50; i++) {
		hostile_reply(&r->hostile, (enum ftg_id)hostile_number(&r->hostile, FTG_IDS), &r->made);
		struct ftg_voice voice = { .catalog = catalog,
			.language = (ftg_lang)(i % 4),
			.encoding = (enum ftg_encoding)(i % 2),
			.bilingual = i % 3 == 0,
			.second = (ftg_lang)(i % 5),
			.vars = &r->made.vars };
		size_t len = ftg_render(buf, &voice, &r->made.reply);
		breaches += contract_breach(&voice, &r->made.reply, buf, len) != NULL;
	}
}

/* The detail of a refusal is this thread's own. */
static void
check_a_text(struct renderer *r)
{
	char text[32], wanted[32];
	struct ftg_refusal refusal;
	snprintf(text, sizeof(text), "${thread-%u}", r->number);
	snprintf(wanted, sizeof(wanted), "%s", text);
	if (ftg_text_check(ERR_SMTP_OK, "de", text, strlen(text), &refusal) != -1 ||
	    strcmp(refusal.detail, wanted) != 0)
		breaches++;
}

static void *
render(void *context)
{
	struct renderer *r = context;
	ftg_catalog *own = NULL;
	while (!stop) {
		ftg_catalog *newer = atomic_exchange(&r->offered, NULL);
		if (newer != NULL) {
			ftg_catalog_free(own);
			own = newer;
			r->changes++;
		}
		render_some(r, own);
		render_some(r, r->shared);
		check_a_text(r);
	}
	ftg_catalog_free(own);
	return NULL;
}

static void
write_languages(const char *folder, const char *word)
{
	static struct mofile file;
	static const char *const languages[] = { "de", "fr", "ru" };
	for (size_t i = 0; i < 3; i++) {
		mofile_begin(&file, MOFILE_HEADER);
		for (unsigned id = 0; id < FTG_IDS; id++)
			mofile_add_text(&file, (enum ftg_id)id, word);
		mofile_write(&file, folder, languages[i], "ftgate");
	}
}

Test(threads, render_while_generations_come_and_go, .init = folder_make, .fini = folder_remove, .timeout = 60)
{
	static struct renderer renderers[RENDERERS];
	write_languages("one", "scho\xCC\x88n");
	write_languages("two", "%s ist gut");
	ftg_catalog *shared = load("one");
	for (unsigned i = 0; i < RENDERERS; i++) {
		renderers[i] = (struct renderer) { .number = i, .shared = shared, .hostile = { i } };
		cr_assert_eq(pthread_create(&renderers[i].thread, NULL, render, &renderers[i]), 0);
	}
	for (unsigned i = 0; i < GENERATIONS; i++)
		ftg_catalog_free(atomic_exchange(&renderers[i % RENDERERS].offered, load(i % 3 == 0 ? "two" : "one")));
	stop = true;
	unsigned changes = 0;
	for (unsigned i = 0; i < RENDERERS; i++) {
		pthread_join(renderers[i].thread, NULL);
		ftg_catalog_free(renderers[i].offered);
		changes += renderers[i].changes;
	}
	ftg_catalog_free(shared);
	cr_expect_eq(breaches, 0);
	cr_expect_gt(changes, 0);
}
