/* The link of a reply, rendered alone. */
#include <criterion/criterion.h>
#include <ftgate/catalog.h>
#include <string.h>

#include "support/one_language.h"

static ftg_catalog *made[2];
static size_t made_count;

static void
free_made(void)
{
	while (made_count > 0)
		ftg_catalog_free(made[--made_count]);
}

TestSuite(link, .fini = free_made);

static struct ftg_voice
saying_in(const char *language, enum ftg_id id, const char *text, enum ftg_encoding encoding)
{
	ftg_catalog *catalog = one_language_of_text(id, text, strlen(text), language, FTG_PUBLISHED, NULL, NULL);
	cr_assert_not_null(catalog);
	made[made_count++] = catalog;
	return (struct ftg_voice) { .catalog = catalog, .language = FTG_CALLERS, .encoding = encoding };
}

static struct ftg_vars
help(const char *url)
{
	return (struct ftg_vars) { .value = { [FTG_VAR_HELP] = url } };
}

static struct ftg_reply
of_address(enum ftg_id id, const char *address)
{
	return ftg_reply_text(id, address, strlen(address));
}

Test(link, alone_is_the_one_that_the_reply_would_end_with)
{
	char link[FTG_LINK_MAX];
	struct ftg_vars vars = help("https://x/{lang}.html#{ref}");
	struct ftg_voice voice = saying_in("ja", ERR_SMTP_ADDRESS_UNKNOWN, "\xE3\x81\x82 %s", FTG_ASCII);
	struct ftg_reply reply = of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a@b"), ok = ftg_reply(ERR_SMTP_OK);
	static const char wanted[] = "https://x/ja.html#4.28";
	voice.vars = &vars;
	cr_expect_eq(ftg_render_link(link, &voice, &reply), 0, "FTG_LINK_NEVER");
	voice.link = FTG_LINK_FALLBACK;
	cr_expect_eq(ftg_render_link(link, &voice, &reply), strlen(wanted));
	cr_expect_arr_eq(link, wanted, strlen(wanted));
	cr_expect_eq(ftg_render_link(link, &voice, &ok), 0);
	voice.encoding = FTG_UTF8;
	cr_expect_eq(ftg_render_link(link, &voice, &reply), 0);
	voice.link = FTG_LINK_ALWAYS;
	cr_expect_eq(ftg_render_link(link, &voice, &reply), strlen(wanted));
	vars = help("");
	cr_expect_eq(ftg_render_link(link, &voice, &reply), 0);
}

Test(link, alone_is_no_longer_than_its_limit)
{
	char url[600], link[FTG_LINK_MAX + 1];
	struct ftg_voice voice = { .link = FTG_LINK_ALWAYS };
	struct ftg_reply reply = of_address(ERR_SMTP_ADDRESS_UNKNOWN, "a@b");
	memset(url, 'x', sizeof url - 1);
	url[sizeof url - 1] = '\0';
	struct ftg_vars vars = help(url);
	voice.vars = &vars;
	link[FTG_LINK_MAX] = '?';
	cr_expect_eq(ftg_render_link(link, &voice, &reply), FTG_LINK_MAX);
	cr_expect_eq(link[FTG_LINK_MAX], '?');
	voice = saying_in("de", ERR_SMTP_ADDRESS_UNKNOWN, "%s fehlt, ${help}!", FTG_ASCII);
	voice.link = FTG_LINK_ALWAYS;
	voice.vars = &vars;
	cr_expect_eq(ftg_render_link(link, &voice, &reply), 0, "the text has it");
}
